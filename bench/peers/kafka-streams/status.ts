/** How a transaction ended in the peer. TRANSFER: within the partition; CREDITED: in the recipient's partition. */
export type PeerStatusKind = "TRANSFER" | "CREDITED" | "REFUSED";

/** A record of the peer's topic of statuses; it is in the partition of the original, and each original has one. */
export interface PeerStatus {
  readonly kind: PeerStatusKind;
  /** Where the original is in the topic of transactions. */
  readonly sourcePartition: number;
  readonly sourceOffset: number;
  /** The ledger's reason code; empty unless refused. */
  readonly code: string;
}

/** The order of `Status.Kind` in Java. */
const KINDS: readonly PeerStatusKind[] = ["TRANSFER", "CREDITED", "REFUSED"];
const PARTITION_AT = 1;
const OFFSET_AT = 5;
const CODE_AT = 13;

/** Reads the value of a status record, as `Status.java` writes it. The record's key is the transaction id. */
export function readPeerStatus(value: Buffer): PeerStatus {
  const kind = KINDS[value.readUInt8(0)];
  if (kind === undefined) throw new Error(`the peer wrote a status of kind ${value[0]}`);
  return {
    kind,
    sourcePartition: value.readInt32BE(PARTITION_AT),
    sourceOffset: Number(value.readBigInt64BE(OFFSET_AT)),
    code: value.toString("latin1", CODE_AT),
  };
}
