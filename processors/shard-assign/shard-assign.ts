import type { KeyPair } from "../../ledger/crypto/ed25519.js";
import type { Network } from "../../ledger/genesis/genesis.js";
import { signMarker } from "../../ledger/resharding/marker.js";
import type { Topology } from "../../ledger/topology.js";
import { codec, fromWire } from "../../schemas/codec.js";
import { unreadable } from "../read.js";
import type { Alert, InputRecord, OutputRecord, StageTask, StepResult } from "../stage.js";
import { logEntryOf } from "../user-transaction.js";

export interface ShardAssignOptions {
  readonly network: Network;
  /** The shard tree, read to its end when the task was opened. */
  readonly topology: Topology;
  /** The key pair whose public half the genesis names. */
  readonly assigner: KeyPair;
  /** The source partition. */
  readonly partition: number;
}

/** Transactions whose routing may wait to be confirmed; reading pauses above it. */
const UNCONFIRMED_MAX = 4_096;

/**
 * Second stage: appends each validated transaction to the log of the shard that owns its sender. Repeats after a restart
 * are void there: the log keeps a mark for each source partition.
 *
 * When the shard tree has changed it says so to the shards before and after with a marker, and from then on routes by the new
 * one. What it routed since the last look at the tree may have come behind another's marker: it is routed again. So positions
 * move only once a later look showed the same epoch.
 */
export class ShardAssignTask implements StageTask {
  private tree: Topology;
  /** Changes for which this task has to write markers. */
  private markersDue: number[];
  private unconfirmed: InputRecord[] = [];

  constructor(private readonly options: ShardAssignOptions) {
    this.tree = options.topology;
    // Another task may have been about to write them.
    this.markersDue = this.tree.ending.map(({ ended }) => ended!);
  }

  step(records: readonly InputRecord[]): StepResult {
    const alerts: Alert[] = [];
    const outputs = this.markers();
    for (const record of records) {
      const output = this.assign(record);
      if (output) outputs.push(output);
      else alerts.push(unreadable(record));
      this.unconfirmed.push(record);
    }
    return { records: outputs, alerts, wantsTopology: true, pause: this.pause };
  }

  topology(tree: Topology): StepResult {
    const before = this.tree;
    this.tree = tree;
    if (tree.epoch === before.epoch) {
      const last = this.unconfirmed.at(-1);
      const resumeAt = last && new Map([[last.topic, last.offset + 1]]);
      this.unconfirmed = [];
      const records = this.markers();
      return { records, ...(resumeAt && { resumeAt }), ...(records.length > 0 && { wantsTopology: true }) };
    }
    for (let epoch = before.epoch + 1; epoch <= tree.epoch; epoch++) this.markersDue.push(epoch);
    const records = this.markers();
    for (const record of this.unconfirmed) {
      const output = this.assign(record);
      if (output) records.push(output);
    }
    return { records, wantsTopology: true, pause: this.pause };
  }

  private get pause() {
    return this.unconfirmed.length > UNCONFIRMED_MAX ? (["transactions.validated"] as const) : [];
  }

  /** Markers that are due, to each shard that ends or begins. */
  private markers(): OutputRecord[] {
    const { network, assigner, partition: sourcePartition } = this.options;
    const epochs = [...new Set(this.markersDue)].sort((a, b) => a - b);
    this.markersDue = [];
    return epochs.flatMap((epoch) => {
      const concerned = this.tree.shards.filter((shard) => shard.ended === epoch || shard.epoch === epoch);
      return concerned.map(({ shard, partition }) => {
        const marker = signMarker({ genesis: network.hash, shard, epoch, sourcePartition }, assigner);
        const value = codec("LogEntry").encode({ entry: { "rustorium.TopologyMarker": marker } });
        return { topic: "shard.log" as const, partition, key: null, value };
      });
    });
  }

  private assign(record: InputRecord): OutputRecord | undefined {
    const wire = fromWire(record.value);
    const validated = wire && codec("ValidatedTransaction").decode(wire.avroBytes);
    if (!validated) return undefined;
    const { partition } = this.tree.shard(this.tree.shardOf(validated.sender));
    return {
      topic: "shard.log",
      partition,
      key: null,
      value: logEntryOf(wire.avroBytes),
    };
  }
}
