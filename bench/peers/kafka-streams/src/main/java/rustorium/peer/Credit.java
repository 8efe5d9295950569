package rustorium.peer;

import java.math.BigInteger;
import java.nio.ByteBuffer;

/** An amount on its way to another partition; the record's key is the recipient. */
record Credit(Origin origin, byte[] transactionId, BigInteger amount) {
  private static final int ID_BYTES = 32;

  static Credit read(byte[] value) {
    ByteBuffer from = ByteBuffer.wrap(value);
    Origin origin = Origin.read(from);
    byte[] id = new byte[ID_BYTES];
    from.get(id);
    return new Credit(origin, id, new BigInteger(value, from.position(), from.remaining()));
  }

  byte[] write() {
    byte[] digits = amount.toByteArray();
    ByteBuffer to = ByteBuffer.allocate(Origin.BYTES + ID_BYTES + digits.length);
    return origin.write(to).put(transactionId).put(digits).array();
  }
}
