import type { Topology } from "../../ledger/topology.js";
import { codec, fromWire } from "../../schemas/codec.js";
import { unreadable } from "../read.js";
import type { Alert, InputRecord, OutputRecord, StageTask, StepResult } from "../stage.js";
import { logEntryOf } from "../user-transaction.js";

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
      value: logEntryOf(wire.avroBytes),
    };
  }
}
