import { keyBytes } from "../../ledger/state/key.js";
import type { BlockChanges, FinalityCertificate } from "../../schemas/generated.js";
import { type CertifiedBlock, CertifiedChanges } from "../chain/certified-changes.js";
import { encodeStateValue, stateRecord } from "../chain/store-layout.js";
import type { Alert, OutputRecord } from "../stage.js";
import { topologyRecords } from "./topology-records.js";

export interface StateWriterOptions {
  /** Height that shard.state is complete up to. */
  readonly height: number;
  readonly heightRecordKey: Buffer;
  readonly partition: number;
  readonly isMainChain: boolean;
  /**
   * Whether the shard took others' place: what they left it is in their partitions, so a removal has to stay where a tombstone
   * would be forgotten, or the value would come back.
   */
  readonly isHeir: boolean;
}

/**
 * Writes certified state in height order. Ends each height with a record under the height's key, which says that the state
 * is complete up to it.
 */
export class StateWriter {
  private readonly certified: CertifiedChanges;

  constructor(private readonly options: StateWriterOptions) {
    this.certified = new CertifiedChanges(options.height);
  }

  /** Returns an alert where it contradicts changes that were read before. */
  addCertificate(certificate: FinalityCertificate): Alert | undefined {
    return this.certified.addCertificate(certificate);
  }

  /** Returns an alert where the changes contradict a certificate that is known already. */
  addChanges(changes: BlockChanges, offset: number): Alert | undefined {
    return this.certified.addChanges(changes, offset);
  }

  /** Records for all heights that can be written now. */
  take(): { records: OutputRecord[]; alerts: Alert[] } {
    const { blocks, alerts } = this.certified.take();
    return { records: blocks.flatMap((block) => [...this.recordsOf(block)]), alerts };
  }

  private *recordsOf({ certificate, changes }: CertifiedBlock): Generator<OutputRecord> {
    const { partition, heightRecordKey, isMainChain, isHeir } = this.options;
    const { digest, header } = certificate;
    const { height } = header;
    const topic = "shard.state" as const;
    for (const { key, isRemoval, valueBytes } of changes) {
      const bytes = isRemoval && !isHeir ? null : stateRecord({ height, digest }, valueBytes);
      yield { topic, partition, key: keyBytes(key), value: bytes };
    }
    if (isMainChain) yield* topologyRecords(changes, digest);
    yield { topic, partition, key: heightRecordKey, value: encodeStateValue(height, digest, null) };
  }

  /** Offset in shard.changes to go on from after a restart; undefined: all that was read is written. */
  get resumeAt(): number | undefined {
    return this.certified.resumeAt;
  }
}
