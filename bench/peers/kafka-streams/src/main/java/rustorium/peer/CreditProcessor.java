package rustorium.peer;

import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/** Credits recipients whose senders are in other partitions, which ends those transactions. */
final class CreditProcessor implements Processor<byte[], byte[], byte[], byte[]> {
  private final Arguments arguments;
  private ProcessorContext<byte[], byte[]> context;
  private Accounts accounts;

  CreditProcessor(Arguments arguments) {
    this.arguments = arguments;
  }

  @Override
  public void init(ProcessorContext<byte[], byte[]> context) {
    this.context = context;
    accounts = new Accounts(context, arguments);
  }

  @Override
  public void process(Record<byte[], byte[]> input) {
    Credit credit = Credit.read(input.value());
    accounts.credit(input.key(), credit.amount());
    byte[] status = new Status(Status.Kind.CREDITED, credit.origin(), "").write();
    context.forward(new Record<>(credit.transactionId(), status, input.timestamp()), PeerTopology.STATUSES_OUT);
  }
}
