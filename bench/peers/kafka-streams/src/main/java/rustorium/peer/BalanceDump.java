package rustorium.peer;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.QueryableStoreTypes;

/** Writes every account that was touched, one JSON object a line; the collected fees have the account "fees". */
final class BalanceDump {
  private BalanceDump() {}

  static void write(KafkaStreams streams, Path file) throws IOException {
    var query =
        StoreQueryParameters.fromNameAndType(Accounts.STORE, QueryableStoreTypes.<byte[], byte[]>keyValueStore());
    try (BufferedWriter out = Files.newBufferedWriter(file);
        KeyValueIterator<byte[], byte[]> all = streams.store(query).all()) {
      while (all.hasNext()) {
        KeyValue<byte[], byte[]> entry = all.next();
        Account account = Account.read(entry.value);
        String name = entry.key.length == Digest.ACCOUNT_BYTES ? HexFormat.of().formatHex(entry.key) : "fees";
        out.write(
            String.format(
                "{\"account\":\"%s\",\"nonce\":%d,\"balance\":\"%d\"}%n", name, account.nonce(), account.balance()));
      }
    }
  }
}
