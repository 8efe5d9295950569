package rustorium.peer;

import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.StreamPartitioner;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * One sub-topology, so that one task has the transactions and the credits of a partition, and one store both its
 * senders and its recipients. The credits go round through a topic of ours: Streams' own repartition topics can't lead
 * back into the sub-topology that fills them.
 */
final class PeerTopology {
  static final String CREDITS_OUT = "credits-out";
  static final String STATUSES_OUT = "statuses-out";

  private PeerTopology() {}

  static Topology build(Arguments arguments) {
    ByteArrayDeserializer in = new ByteArrayDeserializer();
    ByteArraySerializer out = new ByteArraySerializer();
    StreamPartitioner<byte[], byte[]> withOriginal =
        (topic, key, value, partitions) -> Optional.of(Set.of(Status.partitionOf(value)));
    return new Topology()
        .addSource("transactions-in", in, in, arguments.network() + ".transactions")
        .addSource("credits-in", in, in, arguments.network() + ".peer.credits")
        .addProcessor("transfer", () -> new TransferProcessor(arguments), "transactions-in")
        .addProcessor("credit", () -> new CreditProcessor(arguments), "credits-in")
        .addStateStore(store(), "transfer", "credit")
        .addSink(CREDITS_OUT, arguments.network() + ".peer.credits", out, out, "transfer")
        .addSink(STATUSES_OUT, arguments.network() + ".peer.statuses", out, out, withOriginal, "transfer", "credit");
  }

  /** Cached: an account that several transfers touch between two commits goes to RocksDB and the changelog once. */
  private static StoreBuilder<KeyValueStore<byte[], byte[]>> store() {
    return Stores.keyValueStoreBuilder(
            Stores.persistentKeyValueStore(Accounts.STORE), Serdes.ByteArray(), Serdes.ByteArray())
        .withCachingEnabled();
  }
}
