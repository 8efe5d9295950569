import { changesRootOf, type EncodedChange, encodeChanges } from "../../ledger/state/encoded-changes.js";
import { keyBytes, keyOfBytes, type StateKey } from "../../ledger/state/key.js";
import type { StateValue } from "../../ledger/state/state.js";
import type { BlockChanges, FinalityCertificate } from "../../schemas/generated.js";
import { encodeStateValue, stateRecord } from "../chain/store-layout.js";
import type { Alert, OutputRecord } from "../stage.js";

/**
 * Writes certified state in height order: a block's changes count once they hash to the changesRoot of its certificate.
 * Ends each height with a record under the height's key, which says that the state is complete up to it.
 */
export class StateWriter {
  /** Certificates whose changes have not been written, by height. */
  private readonly certified = new Map<number, FinalityCertificate>();
  /** Heights whose changes were reported not to hash to the certified root. */
  private readonly namedForgeries = new Set<number>();
  /** Changes as execute wrote them, by height, in order; a height may be written again after a contradiction. */
  private readonly changes = new Map<number, { changes: BlockChanges; offset: number }[]>();

  /** @param height height that shard.state is complete up to */
  constructor(
    private height: number,
    private readonly heightRecordKey: Buffer,
    private readonly partition: number,
  ) {}

  /** Returns an alert where it contradicts changes that were read before. */
  addCertificate(certificate: FinalityCertificate): Alert | undefined {
    const { height } = certificate.header;
    if (height <= this.height) return undefined;
    this.certified.set(height, certificate);
    const wrong = this.changes.get(height)?.find(({ changes }) => !changes.digest.equals(certificate.digest));
    return wrong && contradiction(certificate, wrong.changes);
  }

  /** Returns an alert where the changes contradict a certificate that is known already. */
  addChanges(changes: BlockChanges, offset: number): Alert | undefined {
    if (changes.height <= this.height) return undefined;
    const list = this.changes.get(changes.height);
    if (list) list.push({ changes, offset });
    else this.changes.set(changes.height, [{ changes, offset }]);
    const certificate = this.certified.get(changes.height);
    return certificate && !certificate.digest.equals(changes.digest)
      ? contradiction(certificate, changes)
      : undefined;
  }

  /** Records for all heights that can be written now. */
  take(): { records: OutputRecord[]; alerts: Alert[] } {
    const records: OutputRecord[] = [];
    const alerts: Alert[] = [];
    for (;;) {
      const certificate = this.certified.get(this.height + 1);
      const candidates = this.changes.get(this.height + 1);
      if (!certificate || !candidates) return { records, alerts };
      const values = candidates
        .filter(({ changes }) => changes.digest.equals(certificate.digest))
        .map(({ changes }) => encodeChanges(valuesOf(changes)))
        .find((candidate) => changesRootOf(candidate).equals(certificate.header.changesRoot));
      if (!values) {
        const forged = candidates.find(({ changes }) => changes.digest.equals(certificate.digest));
        if (forged && !this.namedForgeries.has(this.height + 1)) {
          this.namedForgeries.add(this.height + 1);
          alerts.push({
            code: "EXECUTE_CONTRADICTED",
            message: `shard ${forged.changes.shard}, height ${forged.changes.height}: changes don't hash to the certified root`,
          });
        }
        return { records, alerts };
      }
      this.namedForgeries.delete(this.height + 1);
      this.height++;
      this.certified.delete(this.height);
      this.changes.delete(this.height);
      records.push(...this.recordsOf(values, certificate));
    }
  }

  private *recordsOf(values: readonly EncodedChange[], { digest }: FinalityCertificate) {
    const { partition } = this;
    const topic = "shard.state" as const;
    for (const { key, isRemoval, valueBytes } of values) {
      const bytes = isRemoval ? null : stateRecord({ height: this.height, digest }, valueBytes);
      yield { topic, partition, key: keyBytes(key), value: bytes };
    }
    const value = encodeStateValue(this.height, digest, null);
    yield { topic, partition, key: this.heightRecordKey, value };
  }

  /** Offset in shard.changes to go on from after a restart; undefined: all that was read is written. */
  get resumeAt(): number | undefined {
    let first: number | undefined;
    for (const [{ offset }] of this.changes.values() as Iterable<[{ offset: number }]>) {
      if (first === undefined || offset < first) first = offset;
    }
    return first;
  }
}

function valuesOf(changes: BlockChanges): Map<StateKey, StateValue | null> {
  return new Map(changes.changes.map(({ key, value }) => [keyOfBytes(key), value]));
}

function contradiction(certificate: FinalityCertificate, changes: BlockChanges): Alert {
  return {
    code: "EXECUTE_CONTRADICTED",
    message:
      `shard ${changes.shard}, height ${changes.height}: execute arrived at ${changes.digest.toString("hex")}, ` +
      `validators certified ${certificate.digest.toString("hex")}`,
  };
}
