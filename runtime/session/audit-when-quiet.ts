import type { Network } from "../../ledger/genesis/genesis.js";
import type { PartitionReader } from "../kafka/partition-reader.js";
import { type AuditReport, audit } from "./audit.js";

/** How long the state may take to catch up with the last certificates, in milliseconds. */
const QUIET_WAIT_MS = 30_000;
const RETRY_MS = 300;

/** Audits once nothing is in flight any more; or, where that doesn't come about, what there is after half a minute. */
export async function auditWhenQuiet(network: Network, reader: PartitionReader): Promise<AuditReport> {
  const untilMs = Date.now() + QUIET_WAIT_MS;
  for (;;) {
    const audited = await audit(network, reader);
    if ((audited.stateComplete && audited.inEscrow === 0n) || Date.now() > untilMs) return audited;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}
