package rustorium.peer;

import org.bouncycastle.math.ec.rfc8032.Ed25519;

/** Pure Java. The static method below the lightweight API: without its buffer and key objects. */
final class BouncyCastleCheck implements SignatureCheck {
  @Override
  public boolean holds(byte[] signature, byte[] message, byte[] publicKey) {
    return Ed25519.verify(signature, 0, publicKey, 0, message, 0, message.length);
  }
}
