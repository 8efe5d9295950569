import { TransactionalWriter } from "../../runtime/kafka/transactional-writer.js";
import { topicOnCluster } from "../../topics/catalogue.js";
import { ProgressWatch } from "../progress/progress-watch.js";
import { pick } from "../schedule/random.js";
import type { Fault } from "./fault.js";

/** How long the stage has to take its transactional id back, in milliseconds. */
const BACK_BOUND_MS = 30_000;

/**
 * A second producer takes the transactional id of `execute` or `finalize` in one shard and so fences the stage's. The
 * stage takes it back, and from then on the second one must not get a record in.
 */
export const secondProducer: Fault = async ({ network, chance }) => {
  const { environment } = network;
  const prefix = environment.network.genesis.network;
  const stage = pick(["execute", "finalize"] as const, chance);
  const { partition } = pick(network.working, chance);
  const id = `${prefix}.${stage}.${partition}`;
  const watch = await ProgressWatch.start(environment, stage);
  const second = await TransactionalWriter.open(environment.kafka, id);
  const fencedMs = Date.now();
  const wrong: string[] = [];
  try {
    if ((await watch.firstSince(fencedMs, BACK_BOUND_MS, partition)) === undefined)
      wrong.push(`${stage} did not take ${id} back within ${BACK_BOUND_MS} ms`);
    const topic = topicOnCluster(prefix, stage === "execute" ? "shard.blocks" : "shard.finalized");
    const nonsense = { topic, partition, key: null, value: Buffer.from("not from this stage") };
    await second.write([nonsense]).then(
      () => wrong.push(`a second producer with ${id} wrote after it was fenced`),
      () => undefined,
    );
  } finally {
    await second.close();
    await watch.stop();
  }
  return { hit: id, overMs: Date.now(), wrong };
};
