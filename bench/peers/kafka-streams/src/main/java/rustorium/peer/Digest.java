package rustorium.peer;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/** SHA-256 with the ledger's domain tags. Not safe for threads. */
final class Digest {
  static final int ACCOUNT_BYTES = 20;
  private static final byte[] ACCOUNT_TAG = tag("rustorium/account/ed25519/v1\0");
  private static final byte[] TRANSACTION_TAG = tag("rustorium/transaction/v1\0");

  private final MessageDigest sha256;

  Digest() {
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  byte[] accountOf(byte[] publicKey) {
    sha256.update(ACCOUNT_TAG);
    return Arrays.copyOf(sha256.digest(publicKey), ACCOUNT_BYTES);
  }

  byte[] transactionId(byte[] publicKey, byte[] signature, byte[] body) {
    sha256.update(TRANSACTION_TAG);
    sha256.update(publicKey);
    sha256.update(signature);
    return sha256.digest(body);
  }

  static byte[] tag(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
