package rustorium.signatures;

import java.security.SecureRandom;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/** Signatures to check: each by another key, over as many bytes as a transfer of the ledger has. */
record Vectors(byte[][] publicKeys, byte[][] messages, byte[][] signatures) {
  static final int COUNT = 1_000;
  /** Domain tag, chain id and the body of a small transfer. */
  private static final int MESSAGE_BYTES = 22 + 8 + 58;

  static Vectors make() {
    SecureRandom random = new SecureRandom();
    Vectors made = new Vectors(new byte[COUNT][], new byte[COUNT][MESSAGE_BYTES], new byte[COUNT][64]);
    for (int index = 0; index < COUNT; index++) {
      Ed25519PrivateKeyParameters key = new Ed25519PrivateKeyParameters(random);
      made.publicKeys[index] = key.generatePublicKey().getEncoded();
      byte[] message = made.messages[index];
      random.nextBytes(message);
      int algorithm = Ed25519.Algorithm.Ed25519;
      key.sign(algorithm, null, message, 0, message.length, made.signatures[index], 0);
    }
    return made;
  }
}
