import type { Topology } from "../../ledger/topology.js";
import { codec, fromWire } from "../../schemas/codec.js";
import { unreadable } from "../read.js";
import type { Alert, InputRecord, OutputRecord, StageTask, StepResult } from "../stage.js";

/**
 * Start of a LogEntry that is a UserTransaction: its place in the union. The rest is the ValidatedTransaction's bytes, which
 * has the same fields in the same order; so they are carried on, not encoded again.
 */
const USER_TRANSACTION_BRANCH = Buffer.of(0);

/**
 * Second stage: appends each validated transaction to the log of the shard that owns its sender. Repeats after a restart
 * are void there: the log keeps a mark for each source partition.
 */
export class ShardAssignTask implements StageTask {
  constructor(private readonly topology: Topology) {}

  step(records: readonly InputRecord[]): StepResult {
    const last = records[records.length - 1]!;
    const outputs: OutputRecord[] = [];
    const alerts: Alert[] = [];
    for (const record of records) {
      const output = this.assign(record);
      if (output) outputs.push(output);
      else alerts.push(unreadable(record));
    }
    return { records: outputs, alerts, resumeAt: new Map([[last.topic, last.offset + 1]]) };
  }

  private assign(record: InputRecord): OutputRecord | undefined {
    const wire = fromWire(record.value);
    const validated = wire && codec("ValidatedTransaction").decode(wire.avroBytes);
    if (!validated) return undefined;
    const { partition } = this.topology.shard(this.topology.shardOf(validated.sender));
    return {
      topic: "shard.log",
      partition,
      key: null,
      value: Buffer.concat([USER_TRANSACTION_BRANCH, wire.avroBytes]),
    };
  }
}
