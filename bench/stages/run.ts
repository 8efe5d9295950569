import { partitionByKey } from "../../runtime/kafka/partition-by-key.js";
import { codec } from "../../schemas/codec.js";
import { genesisAccounts, type LoadScheme, loadAccounts } from "../load/accounts.js";
import { LoadGenerator } from "../load/load.js";
import { signatureRate } from "../measure/signature-rate.js";
import { Flow } from "./flow.js";
import { placedTasks, SCHEMA_ID, STAGES_CHAIN_ID, stagesNetwork } from "./tasks.js";

export interface StagesOptions {
  readonly validators: number;
  readonly scheme: LoadScheme;
  readonly accounts: number;
  readonly crossShare: number;
  readonly seed: number;
  /** Transactions that are measured, after as many that are not. */
  readonly transactions: number;
  readonly say: (line: string) => void;
}

/** What the pure steps cost, without Kafka, disk or network. */
export interface StagesReport {
  readonly scenario: "stages";
  readonly validators: number;
  readonly scheme: LoadScheme;
  readonly crossShare: number;
  readonly transactions: number;
  readonly microsecondsPerSignature: number;
  /** Of all steps of a stage together (of vote: of all validators), per transaction. */
  readonly microsecondsPerTransaction: Readonly<Record<string, number>>;
  /** Records that a stage took a second of its own time. */
  readonly recordsPerSecond: Readonly<Record<string, number>>;
}

const ROUND = 4_000;
const START_MS = 1_700_000_000_000;

/** Runs the pure steps of all stages on a signed load, in one thread and in memory, and takes each stage's time. */
export function runStages(options: StagesOptions): StagesReport {
  const { validators, scheme, crossShare, seed, transactions, say } = options;
  const accounts = loadAccounts(options.accounts, scheme, seed);
  const network = stagesNetwork(validators, genesisAccounts(accounts));
  const { topology, genesis } = network;
  const load = { chainId: STAGES_CHAIN_ID, accounts, skew: "uniform" as const, crossShare, seed };
  const generator = new LoadGenerator(load, topology, SCHEMA_ID);
  const partitionOf = partitionByKey("transactions", genesis.sourcePartitions);
  const flow = new Flow(placedTasks(network), START_MS);
  const before = signatureRate(scheme);
  const feed = (count: number) => {
    for (let done = 0; done < count; done += ROUND) {
      const size = Math.min(ROUND, count - done);
      for (let index = 0; index < size; index++) {
        const { key, value } = generator.next();
        flow.append("transactions", partitionOf(key), key, value);
      }
      flow.runUntilQuiet();
      say(`${done + size} of ${count} transactions`);
    }
  };
  feed(transactions);
  flow.times.clear();
  flow.finals.length = 0;
  feed(transactions);
  const decode = codec("Notification").decode;
  const ended = flow.finals.filter((record) => {
    const notification = decode(record.value!);
    return notification?.event === (notification?.crossShard ? "" : "FINAL") && notification.applied;
  }).length;
  const completed = flow.finals.filter((record) => decode(record.value!)?.event === "COMPLETED").length;
  if (ended + completed !== transactions)
    throw new Error(`${transactions} transactions, but ${ended + completed} ended well`);
  const perTransaction: Record<string, number> = {};
  const perSecond: Record<string, number> = {};
  for (const [stage, { ms, records }] of flow.times) {
    perTransaction[stage] = Number(((1_000 * ms) / transactions).toFixed(2));
    perSecond[stage] = Math.round((1_000 * records) / ms);
  }
  const rate = (before + signatureRate(scheme)) / 2;
  return {
    scenario: "stages",
    validators,
    scheme,
    crossShare,
    transactions,
    microsecondsPerSignature: Number((1_000_000 / rate).toFixed(1)),
    microsecondsPerTransaction: perTransaction,
    recordsPerSecond: perSecond,
  };
}
