import type { InputRecord } from "../../processors/stage.js";
import type { TopicName } from "../../topics/catalogue.js";
import type { PartitionReader } from "./partition-reader.js";

/** Offsets looked at in the first stretch; each further one is twice as long. */
const FIRST_STRETCH = 256;

/**
 * Reads the end of a partition: backwards in stretches until a record satisfies `enough` or the start is reached.
 * @param end offset to start from, exclusive
 * @returns the records read, by ascending offset
 */
export async function readBack(
  reader: Pick<PartitionReader, "fetch">,
  name: TopicName,
  topic: string,
  partition: number,
  bounds: { low: number; high: number },
  enough: (record: InputRecord) => boolean,
): Promise<InputRecord[]> {
  const stretches: InputRecord[][] = [];
  let upper = bounds.high;
  let length = FIRST_STRETCH;
  while (upper > bounds.low) {
    const lower = Math.max(bounds.low, upper - length);
    const stretch: InputRecord[] = [];
    for (let next = lower; next < upper; ) {
      const fetched = await reader.fetch(name, topic, partition, next);
      for (const record of fetched.records) if (record.offset < upper) stretch.push(record);
      if (fetched.next <= next) break;
      next = fetched.next;
    }
    stretches.unshift(stretch);
    if (stretch.findLast(enough)) break;
    upper = lower;
    length *= 2;
  }
  return stretches.flat();
}
