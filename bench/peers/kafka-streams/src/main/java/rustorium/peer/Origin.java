package rustorium.peer;

import java.nio.ByteBuffer;
import org.apache.kafka.streams.processor.api.RecordMetadata;

/** Where a transaction stands in the topic of transactions; travels with its credit to its status. */
record Origin(int partition, long offset) {
  static final int BYTES = Integer.BYTES + Long.BYTES;

  static Origin of(RecordMetadata record) {
    return new Origin(record.partition(), record.offset());
  }

  static Origin read(ByteBuffer from) {
    return new Origin(from.getInt(), from.getLong());
  }

  ByteBuffer write(ByteBuffer to) {
    return to.putInt(partition).putLong(offset);
  }
}
