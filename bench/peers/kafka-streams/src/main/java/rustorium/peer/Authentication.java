package rustorium.peer;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** Whether a transfer is its sender's: account of the key, signature, key of the record. Not safe for threads. */
final class Authentication {
  private static final byte[] TRANSFER_TAG = Digest.tag("rustorium/transfer/v1\0");

  private final SignatureCheck check;
  private final Digest digest;

  Authentication(SignatureCheck check, Digest digest) {
    this.check = check;
    this.digest = digest;
  }

  void mustHold(Envelope envelope, Transfer transfer, byte[] recordKey) throws Refused {
    byte[] account = digest.accountOf(envelope.publicKey());
    if (!Arrays.equals(account, transfer.sender())) throw new Refused("SENDER_KEY_MISMATCH");
    byte[] message = messageOf(transfer.chainId(), envelope.body());
    if (!check.holds(envelope.signature(), message, envelope.publicKey())) throw new Refused("BAD_SIGNATURE");
    // The ledger takes records without a key; here the partition of the key has the sender's balance.
    if (!Arrays.equals(recordKey, account)) throw new Refused("RECORD_KEY_MISMATCH");
  }

  private static byte[] messageOf(long chainId, byte[] body) {
    return ByteBuffer.allocate(TRANSFER_TAG.length + Long.BYTES + body.length)
        .put(TRANSFER_TAG)
        .putLong(chainId)
        .put(body)
        .array();
  }
}
