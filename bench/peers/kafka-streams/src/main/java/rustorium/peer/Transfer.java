package rustorium.peer;

import java.math.BigInteger;

/** A TransferBody within the ledger's limits. `fee` is the intrinsic gas at the price that the signer offers. */
record Transfer(
    long chainId,
    byte[] sender,
    byte[] recipient,
    BigInteger amount,
    long nonce,
    BigInteger fee,
    long validUntil) {
  private static final BigInteger AMOUNT_LIMIT = BigInteger.TEN.pow(38);
  /** 2^53 - 1 and two below it: the ledger's numbers are JavaScript's. */
  private static final long SAFE_MAX = (1L << 53) - 1;

  private static final long NONCE_MAX = SAFE_MAX - 2;
  private static final long PRIORITIES = 3;
  private static final long TRANSACTION_GAS = 21_000;
  private static final long ZERO_BYTE_GAS = 4;
  private static final long OTHER_BYTE_GAS = 16;

  /** Reads a body and checks it in the ledger's order: form, network, limits. */
  static Transfer read(byte[] body, long chainIdHere) throws Refused {
    AvroReader reader = new AvroReader(body, 0, body.length);
    long chainId = reader.readLong();
    byte[] sender = reader.readFixed(Digest.ACCOUNT_BYTES);
    byte[] recipient = reader.readFixed(Digest.ACCOUNT_BYTES);
    BigInteger amount = reader.readDecimal();
    long nonce = reader.readLong();
    long gasLimit = reader.readLong();
    BigInteger gasPrice = reader.readDecimal();
    long validUntil = reader.readLong();
    long priority = reader.readLong();
    byte[] data = reader.readBytes();
    reader.mustBeAtEnd();
    if (priority < 0 || priority >= PRIORITIES || validUntil < 0) throw new Refused("MALFORMED");

    if (chainId != chainIdHere) throw new Refused("WRONG_CHAIN_ID");
    if (amount.signum() == 0) throw new Refused("ZERO_AMOUNT");
    long gas = gasOf(data);
    BigInteger fee = gasPrice.signum() == 0 ? BigInteger.ZERO : gasPrice.multiply(BigInteger.valueOf(gas));
    boolean inBounds =
        isAmount(amount) && isAmount(fee) && isBetween(nonce, NONCE_MAX) && isBetween(gasLimit, SAFE_MAX);
    if (!inBounds) throw new Refused("AMOUNT_OVERFLOW");
    if (gasLimit < gas) throw new Refused("GAS_LIMIT_TOO_LOW");
    return new Transfer(chainId, sender, recipient, amount, nonce, fee, validUntil);
  }

  private static boolean isAmount(BigInteger value) {
    return value.signum() >= 0 && value.compareTo(AMOUNT_LIMIT) < 0;
  }

  private static boolean isBetween(long value, long max) {
    return value >= 0 && value <= max;
  }

  private static long gasOf(byte[] data) {
    long gas = TRANSACTION_GAS;
    for (byte each : data) gas += each == 0 ? ZERO_BYTE_GAS : OTHER_BYTE_GAS;
    return gas;
  }
}
