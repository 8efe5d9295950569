package rustorium.peer;

import java.math.BigInteger;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.state.KeyValueStore;

/** The accounts of one partition: those whose key hashes to it, as Kafka's default partitioner does. */
final class Accounts {
  static final String STORE = "accounts";
  /** Shorter than any account id: where the partition keeps the fees it has collected. */
  private static final byte[] FEES = {0};

  private final KeyValueStore<byte[], byte[]> store;
  private final int partition;
  private final int partitions;
  private final Account atGenesis;

  Accounts(ProcessorContext<?, ?> context, Arguments arguments) {
    store = context.getStateStore(STORE);
    partition = context.taskId().partition();
    partitions = arguments.partitions();
    atGenesis = new Account(0, arguments.genesisBalance());
  }

  boolean isHere(byte[] account) {
    return Utils.toPositive(Utils.murmur2(account)) % partitions == partition;
  }

  Account get(byte[] account) {
    byte[] stored = store.get(account);
    return stored == null ? atGenesis : Account.read(stored);
  }

  void put(byte[] account, Account state) {
    store.put(account, state.write());
  }

  void credit(byte[] account, BigInteger amount) {
    put(account, get(account).credited(amount));
  }

  void collect(BigInteger fee) {
    byte[] stored = store.get(FEES);
    Account fees = stored == null ? new Account(0, BigInteger.ZERO) : Account.read(stored);
    store.put(FEES, fees.credited(fee).write());
  }
}
