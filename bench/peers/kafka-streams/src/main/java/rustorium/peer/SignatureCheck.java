package rustorium.peer;

/** Ed25519 by one library. Not safe for threads: each task has its own. */
interface SignatureCheck {
  /** Whether the signature (64 bytes) holds for the message and the public key (32 bytes). */
  boolean holds(byte[] signature, byte[] message, byte[] publicKey);

  /** The kinds that are published: the usual library, and the fastest of those measured (see README.md). */
  enum Kind {
    BOUNCYCASTLE,
    FASTEST;

    SignatureCheck open() {
      return this == BOUNCYCASTLE ? new BouncyCastleCheck() : new CorrettoCheck();
    }
  }
}
