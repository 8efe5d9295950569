package rustorium.signatures;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.HexFormat;

/** A provider of Java's cryptography architecture. */
final class ProviderCandidate implements Candidate {
  /** What X.509 puts before the 32 bytes of an Ed25519 key (RFC 8410). */
  private static final byte[] KEY_HEAD = HexFormat.of().parseHex("302a300506032b6570032100");

  private final Vectors vectors;
  private final KeyFactory factory;
  private final Signature signature;
  private final PublicKey[] kept;

  /** @param keep whether key objects are made beforehand, not for each signature */
  ProviderCandidate(Vectors vectors, Provider provider, boolean keep) throws GeneralSecurityException {
    this.vectors = vectors;
    factory = KeyFactory.getInstance("Ed25519", provider);
    signature = Signature.getInstance("Ed25519", provider);
    kept = keep ? new PublicKey[Vectors.COUNT] : null;
    for (int index = 0; keep && index < Vectors.COUNT; index++) kept[index] = keyOf(index);
  }

  @Override
  public boolean holds(int index) throws GeneralSecurityException {
    signature.initVerify(kept == null ? keyOf(index) : kept[index]);
    signature.update(vectors.messages()[index]);
    return signature.verify(vectors.signatures()[index]);
  }

  private PublicKey keyOf(int index) throws GeneralSecurityException {
    byte[] encoded = new byte[KEY_HEAD.length + vectors.publicKeys()[index].length];
    System.arraycopy(KEY_HEAD, 0, encoded, 0, KEY_HEAD.length);
    System.arraycopy(vectors.publicKeys()[index], 0, encoded, KEY_HEAD.length, encoded.length - KEY_HEAD.length);
    return factory.generatePublic(new X509EncodedKeySpec(encoded));
  }
}
