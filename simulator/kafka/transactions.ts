import type { Scheduler } from "../kernel/scheduler.js";
import type { Answer } from "./errors.js";
import { KafkaError } from "./errors.js";
import type { Partition } from "./partition.js";

/** Positions that a transaction commits for a group. */
export type GroupOffsets = readonly {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}[];

export interface ProducerIdentity {
  readonly producerId: number;
  readonly epoch: number;
}

interface Transactional {
  readonly producerId: number;
  epoch: number;
  state: "empty" | "ongoing" | "ending";
  sinceMs: number;
  timeoutMs: number;
  readonly partitions: Set<Partition>;
  readonly offsets: { group: string; offsets: GroupOffsets }[];
  /** What the last end was: repeating it is answered with success. */
  lastEnd: boolean | undefined;
}

/** How long after the decision each partition gets its marker, in milliseconds: drawn by the caller. */
export type MarkerDelay = () => number;

/** The transaction coordinator: ids, epochs, fencing, two-phase end with markers that come late. */
export class Transactions {
  private readonly byId = new Map<string, Transactional>();
  private nextProducerId = 1;

  constructor(
    private readonly scheduler: Scheduler,
    private readonly markerDelayMs: MarkerDelay,
    private readonly commitOffsets: (group: string, offsets: GroupOffsets) => void,
  ) {}

  newIdempotentProducer(): ProducerIdentity {
    return { producerId: this.nextProducerId++, epoch: 0 };
  }

  /** InitProducerId: raises the epoch, which fences every earlier holder of the id, and aborts what it left open. */
  initialise(id: string, timeoutMs: number): Answer<ProducerIdentity> {
    let found = this.byId.get(id);
    if (!found) {
      found = {
        producerId: this.nextProducerId++,
        epoch: -1,
        state: "empty",
        sinceMs: 0,
        timeoutMs,
        partitions: new Set(),
        offsets: [],
        lastEnd: undefined,
      };
      this.byId.set(id, found);
    }
    if (found.state === "ending") return refuse("CONCURRENT_TRANSACTIONS");
    if (found.state === "ongoing") {
      found.epoch++;
      this.end(found, false);
      return refuse("CONCURRENT_TRANSACTIONS");
    }
    found.epoch++;
    found.timeoutMs = timeoutMs;
    found.lastEnd = undefined;
    return { ok: true, value: { producerId: found.producerId, epoch: found.epoch } };
  }

  /** AddPartitionsToTxn. */
  addPartitions(id: string, who: ProducerIdentity, partitions: readonly Partition[]): Answer<void> {
    return this.during(id, who, (found) => {
      for (const partition of partitions) found.partitions.add(partition);
    });
  }

  /** AddOffsetsToTxn and TxnOffsetCommit. */
  addOffsets(id: string, who: ProducerIdentity, group: string, offsets: GroupOffsets): Answer<void> {
    return this.during(id, who, (found) => {
      found.offsets.push({ group, offsets });
    });
  }

  private during(id: string, who: ProducerIdentity, change: (found: Transactional) => void): Answer<void> {
    const found = this.byId.get(id);
    if (!found || found.producerId !== who.producerId) return refuse("INVALID_PRODUCER_ID_MAPPING");
    if (found.epoch !== who.epoch) return refuse("INVALID_PRODUCER_EPOCH");
    if (found.state === "ending") return refuse("CONCURRENT_TRANSACTIONS");
    if (found.state === "empty") {
      found.state = "ongoing";
      found.sinceMs = this.scheduler.nowMs;
      this.watch(found, found.sinceMs);
    }
    change(found);
    return { ok: true, value: undefined };
  }

  /** Whether a record of a transaction may go to the partition now (KIP-890: the broker asks the coordinator). */
  mayWrite(id: string, who: ProducerIdentity, partition: Partition): Answer<void> {
    const found = this.byId.get(id);
    if (!found || found.producerId !== who.producerId) return refuse("INVALID_PRODUCER_ID_MAPPING");
    if (found.epoch !== who.epoch) return refuse("INVALID_PRODUCER_EPOCH");
    if (found.state !== "ongoing" || !found.partitions.has(partition)) return refuse("INVALID_TXN_STATE");
    return { ok: true, value: undefined };
  }

  /** EndTxn. The answer comes once it is decided; markers follow. */
  requestEnd(id: string, who: ProducerIdentity, isCommit: boolean): Answer<void> {
    const found = this.byId.get(id);
    if (!found || found.producerId !== who.producerId) return refuse("INVALID_PRODUCER_ID_MAPPING");
    if (found.epoch !== who.epoch) return refuse("INVALID_PRODUCER_EPOCH");
    if (found.state === "ending") {
      return found.lastEnd === isCommit ? refuse("CONCURRENT_TRANSACTIONS") : refuse("INVALID_TXN_STATE");
    }
    if (found.state === "empty") {
      return found.lastEnd === isCommit ? { ok: true, value: undefined } : refuse("INVALID_TXN_STATE");
    }
    this.end(found, isCommit);
    return { ok: true, value: undefined };
  }

  private end(found: Transactional, isCommit: boolean): void {
    found.state = "ending";
    found.lastEnd = isCommit;
    const { producerId, epoch } = found;
    const partitions = [...found.partitions];
    const offsets = found.offsets.splice(0);
    found.partitions.clear();
    let left = partitions.length + 1;
    const done = () => {
      left--;
      if (left === 0) found.state = "empty";
    };
    for (const partition of partitions) {
      this.scheduler.after(this.markerDelayMs(), "marker", () => {
        partition.mark(producerId, epoch, isCommit, Math.floor(this.scheduler.nowMs));
        done();
      });
    }
    this.scheduler.after(this.markerDelayMs(), "offsets marker", () => {
      if (isCommit) for (const { group, offsets: list } of offsets) this.commitOffsets(group, list);
      done();
    });
  }

  /** Aborts a transaction that is open for longer than its producer asked for, and fences the producer. */
  private watch(found: Transactional, sinceMs: number): void {
    this.scheduler.after(found.timeoutMs, "transaction time-out", () => {
      if (found.state !== "ongoing" || found.sinceMs !== sinceMs) return;
      found.epoch++;
      this.end(found, false);
    });
  }
}

function refuse(type: ConstructorParameters<typeof KafkaError>[0]): { ok: false; error: KafkaError } {
  return { ok: false, error: new KafkaError(type) };
}
