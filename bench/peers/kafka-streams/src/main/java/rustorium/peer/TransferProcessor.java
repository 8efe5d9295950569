package rustorium.peer;

import java.math.BigInteger;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/** Checks each transaction, debits its sender, and credits the recipient here or sends the credit to his partition. */
final class TransferProcessor implements Processor<byte[], byte[], byte[], byte[]> {
  private final Arguments arguments;
  private final Digest digest = new Digest();
  private final Authentication authentication;
  private ProcessorContext<byte[], byte[]> context;
  private Accounts accounts;

  TransferProcessor(Arguments arguments) {
    this.arguments = arguments;
    authentication = new Authentication(arguments.signature().open(), digest);
  }

  @Override
  public void init(ProcessorContext<byte[], byte[]> context) {
    this.context = context;
    accounts = new Accounts(context, arguments);
  }

  @Override
  public void process(Record<byte[], byte[]> input) {
    Origin origin = Origin.of(context.recordMetadata().orElseThrow());
    byte[] id = null;
    try {
      Envelope envelope = Envelope.read(input.value());
      id = digest.transactionId(envelope.publicKey(), envelope.signature(), envelope.body());
      Transfer transfer = Transfer.read(envelope.body(), arguments.chainId());
      authentication.mustHold(envelope, transfer, input.key());
      apply(transfer, id, origin, input.timestamp());
    } catch (Refused refused) {
      tell(id, new Status(Status.Kind.REFUSED, origin, refused.code()), input.timestamp());
    }
  }

  private void apply(Transfer transfer, byte[] id, Origin origin, long timestamp) throws Refused {
    if (!accounts.isHere(transfer.sender())) throw new Refused("RECORD_KEY_MISMATCH");
    if (transfer.validUntil() != 0 && timestamp > transfer.validUntil()) throw new Refused("EXPIRED");
    Account sender = accounts.get(transfer.sender());
    if (transfer.nonce() < sender.nonce()) throw new Refused("NONCE_USED");
    if (transfer.nonce() > sender.nonce()) throw new Refused("NONCE_GAP");
    BigInteger cost = transfer.amount().add(transfer.fee());
    if (sender.balance().compareTo(cost) < 0) throw new Refused("INSUFFICIENT_BALANCE");
    accounts.put(transfer.sender(), sender.debited(cost));
    if (transfer.fee().signum() > 0) accounts.collect(transfer.fee());
    if (accounts.isHere(transfer.recipient())) {
      accounts.credit(transfer.recipient(), transfer.amount());
      tell(id, new Status(Status.Kind.TRANSFER, origin, ""), timestamp);
      return;
    }
    byte[] credit = new Credit(origin, id, transfer.amount()).write();
    context.forward(new Record<>(transfer.recipient(), credit, timestamp), PeerTopology.CREDITS_OUT);
  }

  private void tell(byte[] id, Status status, long timestamp) {
    context.forward(new Record<>(id, status.write(), timestamp), PeerTopology.STATUSES_OUT);
  }
}
