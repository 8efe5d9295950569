import { recordHeight } from "../../processors/record-height.js";
import type { InputRecord } from "../../processors/stage.js";
import type { ChainSource, OffsetRange } from "../../processors/verify/source.js";
import type { CheckpointCertificate } from "../../schemas/generated.js";
import { CATALOGUE, type TopicName } from "../../topics/catalogue.js";
import type { Pipeline } from "./pipeline.js";

/** Records of a batch: few, so that batches end everywhere. */
const BATCH_RECORDS = 7;

/** A copy of a pipeline's topics as a verifier reads them; a test may alter it. */
export class MemorySource implements ChainSource {
  /** Certified checkpoints by partition. */
  readonly certified = new Map<number, CheckpointCertificate[]>();
  private readonly topics = new Map<TopicName, Map<number, InputRecord[]>>();

  constructor(pipeline: Pick<Pipeline, "net" | "topics">) {
    for (const { name } of CATALOGUE) {
      const partitions = new Map<number, InputRecord[]>();
      for (const { partition } of pipeline.net.network.topology.shards)
        partitions.set(partition, [...pipeline.topics.records(name, partition)]);
      this.topics.set(name, partitions);
    }
  }

  records(name: TopicName, partition: number): InputRecord[] {
    return this.topics.get(name)!.get(partition)!;
  }

  /** Appends a record like another, with other key or value. */
  append(
    name: TopicName,
    partition: number,
    change: Pick<InputRecord, "value"> & Partial<InputRecord>,
  ): void {
    const list = this.records(name, partition);
    const last = list.at(-1)!;
    list.push({ ...last, ...change, offset: last.offset + 1 });
  }

  async range(name: TopicName, partition: number): Promise<OffsetRange> {
    const list = this.records(name, partition);
    return { low: list[0]?.offset ?? 0, high: (list.at(-1)?.offset ?? -1) + 1 };
  }

  async offsetAbove(name: TopicName, partition: number, height: number): Promise<number> {
    const { high } = await this.range(name, partition);
    const isAbove = (record: InputRecord) => (recordHeight(record) ?? 0) > height;
    return this.records(name, partition).find(isAbove)?.offset ?? high;
  }

  async *read(name: TopicName, partition: number, { low, high }: OffsetRange) {
    const list = this.records(name, partition).filter(({ offset }) => offset >= low && offset < high);
    for (let start = 0; start < list.length; start += BATCH_RECORDS)
      yield list.slice(start, start + BATCH_RECORDS);
  }

  async *checkpoints(partition: number) {
    yield* this.certified.get(partition) ?? [];
  }
}
