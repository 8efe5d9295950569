package rustorium.peer;

/** A SignedTransaction of the scheme ED25519, of the right form; its body has not been looked at. */
record Envelope(byte[] body, byte[] publicKey, byte[] signature) {
  private static final int HEAD_BYTES = 5;
  private static final int BYTES_MAX = 64 * 1024;
  private static final int ED25519 = 0;
  private static final int PUBLIC_KEY_BYTES = 32;
  private static final int SIGNATURE_BYTES = 64;

  /** Reads Confluent wire format: 0, four bytes of schema id, Avro. */
  static Envelope read(byte[] value) throws Refused {
    if (value == null) throw new Refused("TOMBSTONE");
    if (value.length > BYTES_MAX) throw new Refused("TOO_LARGE");
    if (value.length < HEAD_BYTES || value[0] != 0) throw new Refused("MALFORMED");
    AvroReader reader = new AvroReader(value, HEAD_BYTES, value.length);
    if (reader.readLong() != ED25519) throw new Refused("UNKNOWN_TRANSACTION_TYPE");
    Envelope envelope = new Envelope(reader.readBytes(), reader.readBytes(), reader.readBytes());
    reader.mustBeAtEnd();
    boolean rightLengths =
        envelope.publicKey.length == PUBLIC_KEY_BYTES && envelope.signature.length == SIGNATURE_BYTES;
    if (!rightLengths) throw new Refused("MALFORMED");
    return envelope;
  }
}
