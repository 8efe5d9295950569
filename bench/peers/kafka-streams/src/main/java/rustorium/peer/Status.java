package rustorium.peer;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * How a transaction ended: the record's value. Key: the transaction id, or nothing where the bytes are no transaction.
 * Kind (1 byte), origin (4 and 8 bytes, big-endian), the ledger's code (ASCII, empty unless refused).
 */
record Status(Kind kind, Origin origin, String code) {
  /** TRANSFER: within the partition. CREDITED: in the recipient's partition. The ordinals are on the wire. */
  enum Kind {
    TRANSFER,
    CREDITED,
    REFUSED
  }

  byte[] write() {
    byte[] text = code.getBytes(StandardCharsets.US_ASCII);
    ByteBuffer to = ByteBuffer.allocate(1 + Origin.BYTES + text.length).put((byte) kind.ordinal());
    return origin.write(to).put(text).array();
  }

  /** Partition of the original, out of the written form: statuses are in the partition that the client wrote to. */
  static int partitionOf(byte[] written) {
    return ByteBuffer.wrap(written).getInt(1);
  }
}
