import type { KnownShard } from "../../ledger/topology.js";
import type { FinalityCertificate } from "../../schemas/generated.js";
import type { Environment } from "../driver/environment.js";
import { verifiedCertificate } from "../proofs/certificates.js";
import { tail } from "./tail.js";

/** The last certificate of a shard's blocks; undefined: there is none. */
export async function lastCertificate(
  environment: Environment,
  { shard, partition }: KnownShard,
): Promise<FinalityCertificate | undefined> {
  const { network } = environment;
  const records = await tail(
    environment,
    "shard.finalized",
    partition,
    (record) => verifiedCertificate(network, shard, record) !== undefined,
  );
  // From the end: each one that is looked at costs its signatures.
  for (const record of records.reverse()) {
    const certificate = verifiedCertificate(network, shard, record);
    if (certificate) return certificate;
  }
  return undefined;
}
