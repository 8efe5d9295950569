package rustorium.peer;

import java.math.BigInteger;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What the launcher asks for: `--name value` pairs; `--set name=value` any number of times. */
record Arguments(
    String brokers,
    String network,
    int partitions,
    SignatureCheck.Kind signature,
    long chainId,
    BigInteger genesisBalance,
    String stateDirectory,
    Optional<String> dump,
    Map<String, String> overrides) {
  /**
   * Every account has its genesis balance from nowhere, so the supply grows with the accounts. Below this bound 10^11
   * accounts together stay below 10^38, and no credit can overflow.
   */
  private static final BigInteger GENESIS_BALANCE_MAX = BigInteger.TEN.pow(27);

  static Arguments parse(String[] words) {
    Map<String, String> given = new HashMap<>();
    Map<String, String> overrides = new HashMap<>();
    if (words.length % 2 != 0) throw new IllegalArgumentException("arguments come in pairs: --name value");
    for (int index = 0; index < words.length; index += 2) {
      String value = words[index + 1];
      if (words[index].equals("--set")) {
        String[] setting = value.split("=", 2);
        if (setting.length != 2) throw new IllegalArgumentException("--set takes name=value, not " + value);
        overrides.put(setting[0], setting[1]);
      } else given.put(words[index], value);
    }
    Arguments arguments =
        new Arguments(
            take(given, "--brokers"),
            take(given, "--network"),
            Integer.parseInt(take(given, "--partitions")),
            SignatureCheck.Kind.valueOf(take(given, "--signature").toUpperCase(Locale.ROOT)),
            Long.parseLong(take(given, "--chain-id")),
            new BigInteger(take(given, "--genesis-balance")),
            take(given, "--state-directory"),
            Optional.ofNullable(given.remove("--dump")),
            Map.copyOf(overrides));
    if (!given.isEmpty()) throw new IllegalArgumentException("unknown arguments: " + given.keySet());
    if (arguments.genesisBalance.signum() < 0 || arguments.genesisBalance.compareTo(GENESIS_BALANCE_MAX) > 0)
      throw new IllegalArgumentException("--genesis-balance must be from 0 to 10^27");
    return arguments;
  }

  private static String take(Map<String, String> given, String name) {
    String value = given.remove(name);
    if (value == null) throw new IllegalArgumentException(name + " is missing");
    return value;
  }
}
