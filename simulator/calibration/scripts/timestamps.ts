import { sleep } from "../../../runtime/clock.js";
import type { CalibrationScript } from "../cluster.js";
import { plainProducer, transactionalProducer, untilEnd, write } from "../records.js";

/** Between two sends, in milliseconds: more than the clocks' granularity. */
const PAUSE_MS = 20;

/** LogAppendTime: the broker's, the same within a batch, never back. */
export const timestamps: CalibrationScript = {
  name: "timestamps",
  async run(cluster) {
    const { reader, clock } = cluster;
    const topic = await cluster.createTopic("a", 1);
    const plain = await plainProducer(cluster);
    const beforeMs = clock.now();
    for (let round = 0; round < 5; round++) {
      await write(plain, topic, 0, [`${round}`, `${round} too`]);
      await sleep(clock, PAUSE_MS);
    }
    const producer = await transactionalProducer(cluster, cluster.unique("writer"));
    const transaction = await producer.transaction();
    await write(transaction, topic, 0, ["a"]);
    const heldFromMs = clock.now();
    await sleep(clock, PAUSE_MS);
    await transaction.commit();
    await untilEnd(cluster, topic, 0, 12);
    const { records } = await reader.fetch("shard.log", topic, 0, 0);
    const times = records.map(({ timeMs }) => timeMs);
    return [
      ["records", times.length],
      ["whole milliseconds", times.every(Number.isInteger)],
      ["between begin and end", times.every((timeMs) => timeMs >= beforeMs && timeMs <= clock.now())],
      ["same within a batch", [0, 2, 4, 6, 8].every((place) => times[place] === times[place + 1])],
      ["later batches are later", [2, 4, 6, 8, 10].every((place) => times[place]! > times[place - 1]!)],
      ["in a transaction: when it was sent, not when it was committed", times[10]! <= heldFromMs],
    ];
  },
};
