package rustorium.peer;

import java.math.BigInteger;
import java.nio.ByteBuffer;

/** An account as the state store has it: next nonce (8 bytes) and balance (the rest, big-endian). */
record Account(long nonce, BigInteger balance) {
  static Account read(byte[] stored) {
    return new Account(
        ByteBuffer.wrap(stored).getLong(), new BigInteger(stored, Long.BYTES, stored.length - Long.BYTES));
  }

  byte[] write() {
    byte[] digits = balance.toByteArray();
    return ByteBuffer.allocate(Long.BYTES + digits.length).putLong(nonce).put(digits).array();
  }

  Account debited(BigInteger cost) {
    return new Account(nonce + 1, balance.subtract(cost));
  }

  Account credited(BigInteger amount) {
    return new Account(nonce, balance.add(amount));
  }
}
