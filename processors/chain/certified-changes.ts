import { changesRootOf, type EncodedChange, encodeChanges } from "../../ledger/state/encoded-changes.js";
import { keyOfBytes, type StateKey } from "../../ledger/state/key.js";
import type { StateValue } from "../../ledger/state/state.js";
import type { BlockChanges, FinalityCertificate } from "../../schemas/generated.js";
import type { Alert } from "../stage.js";

/** What a final block changed. */
export interface CertifiedBlock {
  readonly certificate: FinalityCertificate;
  /** By ascending key. */
  readonly changes: readonly EncodedChange[];
  /** Offset of their record in shard.changes. */
  readonly changesOffset: number;
}

/** Joins changes with certificates, in height order: a block's changes count once they hash to its certified changesRoot. */
export class CertifiedChanges {
  /** Certificates whose changes have not been taken, by height. */
  private readonly certified = new Map<number, FinalityCertificate>();
  /** Heights whose changes were reported not to hash to the certified root. */
  private readonly namedForgeries = new Set<number>();
  /** Changes as execute wrote them, by height, in order; a height may be written again after a contradiction. */
  private readonly changes = new Map<number, { changes: BlockChanges; offset: number }[]>();

  /** @param taken height of the last block that was taken */
  constructor(private taken: number) {}

  /** Height of the last block that was taken. */
  get height(): number {
    return this.taken;
  }

  /** Certificates and changes that wait for each other. */
  get waiting(): number {
    return Math.max(this.certificatesWaiting, this.changesWaiting);
  }

  /** Certificates that have not been taken. */
  get certificatesWaiting(): number {
    return this.certified.size;
  }

  /** Heights of changes that have not been taken. */
  get changesWaiting(): number {
    return this.changes.size;
  }

  /** Takes a certificate that has been verified. Returns an alert where it contradicts changes that were read before. */
  addCertificate(certificate: FinalityCertificate): Alert | undefined {
    const { height } = certificate.header;
    if (height <= this.taken) return undefined;
    this.certified.set(height, certificate);
    const wrong = this.changes.get(height)?.find(({ changes }) => !changes.digest.equals(certificate.digest));
    return wrong && contradiction(certificate, wrong.changes);
  }

  /** Returns an alert where the changes contradict a certificate that is known already. */
  addChanges(changes: BlockChanges, offset: number): Alert | undefined {
    if (changes.height <= this.taken) return undefined;
    const list = this.changes.get(changes.height);
    if (list) list.push({ changes, offset });
    else this.changes.set(changes.height, [{ changes, offset }]);
    const certificate = this.certified.get(changes.height);
    return certificate && !certificate.digest.equals(changes.digest)
      ? contradiction(certificate, changes)
      : undefined;
  }

  /** The blocks that have both now, at most so many. */
  take(most = Number.POSITIVE_INFINITY): { blocks: CertifiedBlock[]; alerts: Alert[] } {
    const blocks: CertifiedBlock[] = [];
    while (blocks.length < most) {
      const next = this.taken + 1;
      const certificate = this.certified.get(next);
      const candidates = this.changes.get(next);
      if (!certificate || !candidates) break;
      const named = candidates.filter(({ changes }) => changes.digest.equals(certificate.digest));
      const found = named
        .map(({ changes, offset }) => ({ changes: encodedChangesOf(changes), changesOffset: offset }))
        .find(({ changes }) => changesRootOf(changes).equals(certificate.header.changesRoot));
      if (!found) {
        const forged = named[0];
        return { blocks, alerts: forged ? this.nameForgery(forged.changes) : [] };
      }
      this.namedForgeries.delete(next);
      this.certified.delete(next);
      this.changes.delete(next);
      this.taken = next;
      blocks.push({ certificate, ...found });
    }
    return { blocks, alerts: [] };
  }

  private nameForgery({ shard, height }: BlockChanges): Alert[] {
    if (this.namedForgeries.has(height)) return [];
    this.namedForgeries.add(height);
    const message = `shard ${shard}, height ${height}: changes don't hash to the certified root`;
    return [{ code: "EXECUTE_CONTRADICTED", message }];
  }

  /** Offset in shard.changes to go on from after a restart; undefined: all that was read is taken. */
  get resumeAt(): number | undefined {
    let first: number | undefined;
    for (const list of this.changes.values())
      for (const { offset } of list) if (first === undefined || offset < first) first = offset;
    return first;
  }
}

/** Changes as execute wrote them, with the bytes that are hashed. */
export function encodedChangesOf({ changes }: BlockChanges): EncodedChange[] {
  return encodeChanges(
    new Map<StateKey, StateValue | null>(changes.map(({ key, value }) => [keyOfBytes(key), value])),
  );
}

function contradiction(certificate: FinalityCertificate, changes: BlockChanges): Alert {
  return {
    code: "EXECUTE_CONTRADICTED",
    message:
      `shard ${changes.shard}, height ${changes.height}: execute arrived at ${changes.digest.toString("hex")}, ` +
      `validators certified ${certificate.digest.toString("hex")}`,
  };
}
