import { INTERNAL_PARTITIONS } from "./kafka-config.js";
import { askBroker, kafkaString } from "./kafka-probe.js";
import { pause } from "./time.js";

/** After this long we go on all the same: clients retry what is not ready yet. */
const WARMUP_TIMEOUT_MS = 15_000;
/** How often a coordinator that is not ready is asked again. */
const WARMUP_POLL_MS = 25;

const FIND_COORDINATOR = { key: 10, version: 1 } as const;
const DESCRIBE_GROUPS = { key: 15, version: 0 } as const;
const END_TRANSACTION = { key: 26, version: 1 } as const;
const GROUP = 0;
const TRANSACTION = 1;

/** Error codes by which a coordinator says "not yet": loading, not available, not the coordinator. */
const NOT_YET: readonly number[] = [14, 15, 16];

/** One name for each internal partition: Kafka places a name by its Java hash, which of one letter is its code. */
const NAMES = Array.from({ length: INTERNAL_PARTITIONS }, (_, index) => String.fromCharCode(97 + index));

/**
 * Waits until every group coordinator and every transaction coordinator of the broker serves. A broker creates its
 * internal topics when they are first asked for; without this, the first transactions and consumers of a new system
 * would meet NOT_COORDINATOR, which kafkajs does not retry everywhere (TxnOffsetCommit).
 */
export async function warmUpCoordinators(host: string, port: number): Promise<void> {
  const deadlineMs = performance.now() + WARMUP_TIMEOUT_MS;
  const ready = async (question: () => Promise<number | undefined>): Promise<void> => {
    for (;;) {
      const error = await question();
      if (error !== undefined && !NOT_YET.includes(error)) return;
      if (performance.now() > deadlineMs) return;
      await pause(WARMUP_POLL_MS);
    }
  };
  await Promise.all([
    ready(() => findCoordinator(host, port, GROUP)),
    ready(() => findCoordinator(host, port, TRANSACTION)),
  ]);
  await Promise.all(
    NAMES.flatMap((name) => [
      ready(() => describeGroup(host, port, name)),
      ready(() => endTransaction(host, port, name)),
    ]),
  );
}

/** Asking for a coordinator makes the broker create the internal topic. Answer: throttle time, error, … */
async function findCoordinator(host: string, port: number, keyType: number): Promise<number | undefined> {
  const body = Buffer.concat([kafkaString("a"), Buffer.from([keyType])]);
  return errorAt(await askBroker(host, port, FIND_COORDINATOR.key, FIND_COORDINATOR.version, body), 4);
}

/** About a group that does not exist. Answer: count, error, … */
async function describeGroup(host: string, port: number, name: string): Promise<number | undefined> {
  const body = Buffer.concat([Buffer.from([0, 0, 0, 1]), kafkaString(name)]);
  return errorAt(await askBroker(host, port, DESCRIBE_GROUPS.key, DESCRIBE_GROUPS.version, body), 4);
}

/** Of a transaction that does not exist, which changes nothing. Answer: throttle time, error. */
async function endTransaction(host: string, port: number, name: string): Promise<number | undefined> {
  // Producer id (8 bytes), its epoch (2), and whether to commit (1).
  const body = Buffer.concat([kafkaString(name), Buffer.alloc(11)]);
  return errorAt(await askBroker(host, port, END_TRANSACTION.key, END_TRANSACTION.version, body), 4);
}

function errorAt(answer: Buffer | undefined, offset: number): number | undefined {
  return answer === undefined || answer.length < offset + 2 ? undefined : answer.readInt16BE(offset);
}
