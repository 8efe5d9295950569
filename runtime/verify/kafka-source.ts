import type { Admin } from "kafkajs";
import { read as readRecord } from "../../processors/read.js";
import { recordHeight } from "../../processors/record-height.js";
import type { InputRecord } from "../../processors/stage.js";
import type { ChainSource, OffsetRange } from "../../processors/verify/source.js";
import type { CheckpointCertificate } from "../../schemas/generated.js";
import { type TopicName, topicOnCluster } from "../../topics/catalogue.js";
import type { PartitionReader } from "../kafka/partition-reader.js";
import { offsetAbove, type TopicSource } from "../proofs/topic-source.js";
import type { SignatureChecks } from "../signatures/pool.js";

/** A network's topics on a cluster, as a verifier reads them. */
export class KafkaSource implements ChainSource {
  /** @param signatures threads that check the log's signatures while the verifier is at the records before */
  constructor(
    private readonly network: string,
    private readonly admin: Pick<Admin, "fetchTopicOffsets">,
    private readonly reader: PartitionReader,
    private readonly signatures: SignatureChecks,
    private readonly topics: TopicSource,
  ) {}

  offsetAbove(name: TopicName, partition: number, height: number): Promise<number> {
    return offsetAbove(this.topics, name, partition, height, recordHeight);
  }

  async range(name: TopicName, partition: number): Promise<OffsetRange> {
    const topic = topicOnCluster(this.network, name);
    const offsets = await this.admin.fetchTopicOffsets(topic);
    const found = offsets.find((offset) => offset.partition === partition);
    if (!found) throw new Error(`${topic} has no partition ${partition}`);
    // The end of the log may be in the middle of a Kafka transaction; only a fetch says where the committed part ends.
    const { end } = await this.reader.fetch(name, topic, partition, Number(found.high));
    return { low: Number(found.low), high: end };
  }

  async *read(name: TopicName, partition: number, { low, high }: OffsetRange): AsyncGenerator<InputRecord[]> {
    if (low >= high) return;
    const topic = topicOnCluster(this.network, name);
    const fetch = async (from: number) => {
      const { records, next } = await this.reader.fetch(name, topic, partition, from);
      const wanted = records.filter(({ offset }) => offset < high);
      if (name === "shard.log") await this.signatures.check(name, wanted);
      return { records: wanted, next };
    };
    let from = low;
    let fetched = fetch(from);
    for (;;) {
      const { records, next } = await fetched;
      if (next <= from)
        throw new Error(`${topic}[${partition}]@${from}: nothing more, expected up to ${high}`);
      from = next;
      // Of the log the next part is fetched and checked meanwhile; of the others one part in memory is enough.
      const isAhead = name === "shard.log" && from < high;
      if (isAhead) fetched = quiet(fetch(from));
      if (records.length > 0) yield records;
      if (from >= high) return;
      if (!isAhead) fetched = fetch(from);
    }
  }

  /** Certificates of state roots, as far as the topic went when the command began. */
  async *checkpoints(partition: number): AsyncGenerator<CheckpointCertificate> {
    const range = await this.range("shard.checkpoints", partition);
    for await (const records of this.read("shard.checkpoints", partition, range))
      for (const record of records) {
        const certificate = readRecord("CheckpointCertificate", record);
        if (certificate) yield certificate;
      }
  }
}

/** A failure is told to whoever awaits the promise; until then nobody may take it for unhandled. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
