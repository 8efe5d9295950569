import { flag, integer, list, number, object, oneOf, orNull, text, time } from "./json-schema.js";

/** What stages measured and the scaler made of it; a part of GET /status. */
export const LOAD_SCHEMA = object({
  timeMs: orNull({ ...time("Broker time of the newest measurement; null: none yet") }),
  shards: list(
    object({
      shard: integer("Number of the shard"),
      path: text("Place in the shard tree"),
      timeMs: time("End of the span that was measured"),
      transactionsPerSecond: number("Transactions that blocks judged a second"),
      capacity: integer("Transactions a second that it can take here"),
      isCapacityMeasured: flag("Whether the capacity was measured"),
      usedShare: number("Load as a share of the capacity"),
      bottleneck: orNull(text("Group whose work for the shard takes most of a process' time")),
      latency: orNull(
        object(
          {
            p99AtMostMs: orNull(integer("Bound that 99 % were within, in milliseconds; null: above 30,000")),
          },
          "From publication to certified, over the last ten spans; null: there was no transaction",
        ),
      ),
      forecast: orNull(
        object(
          {
            timeMs: time("End of the newest measurement that it was made from"),
            fromSeconds: integer("Beginning of the window, in seconds after that"),
            toSeconds: integer("Its end"),
            level: number("The quantile, 0 to 1"),
            source: text("What made it: lstm, gru, transformer, ridge or trend"),
            transactionsPerSecond: number("Highest load of the window that is expected by this quantile"),
            reason: orNull(text("Why it isn't the network's")),
          },
          "Of the longest window the quantile nearest to 0.9; null: none",
        ),
      ),
    }),
    "Shards that are measured, by ascending number",
  ),
  scaling: list(
    object({
      is: oneOf(["decision", "outcome"], "A decision, or what came of one"),
      kind: oneOf(["SPLIT", "MERGE"], "What is to happen"),
      shards: list({ type: "integer" }, "Shards that are to end"),
      timeMs: time("When it was made or known"),
      code: text("Rule of a decision, result of an outcome"),
      text: text("The same in a sentence"),
    }),
    "The latest, newest first",
  ),
  alerts: list(
    object({
      code: text("What was noticed"),
      timeMs: time("When"),
      text: text("The same in a sentence"),
      shard: orNull(integer("The shard that it is about")),
    }),
    "The latest, newest first",
  ),
});
