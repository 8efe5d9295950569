package rustorium.peer;

import com.amazon.corretto.crypto.provider.AmazonCorrettoCryptoProvider;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Amazon Corretto Crypto Provider: AWS-LC in machine code. Key objects are made for each signature: keeping them saves
 * 0.7 of 41 microseconds, and would need memory for every account.
 */
final class CorrettoCheck implements SignatureCheck {
  /** What X.509 puts before the 32 bytes of an Ed25519 key (RFC 8410). */
  private static final byte[] KEY_HEAD = HexFormat.of().parseHex("302a300506032b6570032100");

  private static final int KEY_BYTES = 32;

  static {
    // Off by default, because Java's own code may not take the provider's keys; we give them to nobody else.
    System.setProperty("com.amazon.corretto.crypto.provider.registerEdKeyFactory", "true");
    AmazonCorrettoCryptoProvider.INSTANCE.assertHealthy();
  }

  private final KeyFactory keys;
  private final Signature signatures;

  CorrettoCheck() {
    try {
      keys = KeyFactory.getInstance("Ed25519", AmazonCorrettoCryptoProvider.INSTANCE);
      signatures = Signature.getInstance("Ed25519", AmazonCorrettoCryptoProvider.INSTANCE);
    } catch (GeneralSecurityException cause) {
      throw new IllegalStateException("the Corretto provider has no Ed25519 here", cause);
    }
  }

  @Override
  public boolean holds(byte[] signature, byte[] message, byte[] publicKey) {
    byte[] encoded = Arrays.copyOf(KEY_HEAD, KEY_HEAD.length + KEY_BYTES);
    System.arraycopy(publicKey, 0, encoded, KEY_HEAD.length, KEY_BYTES);
    try {
      signatures.initVerify(keys.generatePublic(new X509EncodedKeySpec(encoded)));
      signatures.update(message);
      return signatures.verify(signature);
    } catch (InvalidKeySpecException | SignatureException refused) {
      // Bytes that are no point of the curve, or no signature: expected of hostile input.
      return false;
    } catch (GeneralSecurityException cause) {
      throw new IllegalStateException("the Corretto provider failed", cause);
    }
  }
}
