package rustorium.peer;

import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.streams.StreamsConfig;

/** The settings of Kafka Streams and of its clients. README.md has what each was measured to do. */
final class PeerConfiguration {
  private static final int MEBIBYTE = 1024 * 1024;

  private PeerConfiguration() {}

  static Properties of(Arguments arguments) {
    Properties settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, arguments.network() + ".peer");
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, arguments.brokers());
    settings.put(StreamsConfig.STATE_DIR_CONFIG, arguments.stateDirectory());
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
    settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
    settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 200);
    // Credits are not worth waiting for: no order between them and transactions is promised.
    settings.put(StreamsConfig.MAX_TASK_IDLE_MS_CONFIG, -1L);
    settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 64 * MEBIBYTE);
    settings.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, RocksTuning.class);
    settings.put(StreamsConfig.ENABLE_METRICS_PUSH_CONFIG, false);

    consumer(settings, ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    consumer(settings, ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 2_000);
    producer(settings, ProducerConfig.ACKS_CONFIG, "all");
    producer(settings, ProducerConfig.COMPRESSION_TYPE_CONFIG, "none");
    producer(settings, ProducerConfig.LINGER_MS_CONFIG, 50);
    producer(settings, ProducerConfig.BATCH_SIZE_CONFIG, 256 * 1024);
    producer(settings, ProducerConfig.BUFFER_MEMORY_CONFIG, 64L * MEBIBYTE);
    settings.putAll(arguments.overrides());
    return settings;
  }

  private static void consumer(Properties settings, String name, Object value) {
    settings.put(StreamsConfig.consumerPrefix(name), value);
  }

  private static void producer(Properties settings, String name, Object value) {
    settings.put(StreamsConfig.producerPrefix(name), value);
  }
}
