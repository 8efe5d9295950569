import { accountKey } from "../../ledger/state/key.js";
import { encodeStateProof } from "../../ledger/state-tree/proof-format.js";
import type { StateTree } from "../../ledger/state-tree/state-tree.js";
import { codec } from "../../schemas/codec.js";
import type { CheckpointCertificate } from "../../schemas/generated.js";
import { noProof, type ProofOutcome } from "./outcome.js";

/**
 * Proves what an account has at a checkpoint, or that it has nothing.
 *
 * @param account 20 bytes; one of the shard's
 * @param tree the shard's state after the checkpoint's block
 * @param valueBytes what the account's key has in it: Avro bytes with the place in the union; undefined for nothing
 * @throws RangeError when the account is another shard's, or the tree has another value for it
 */
export function proveAccount(
  account: Buffer,
  tree: StateTree,
  valueBytes: Buffer | undefined,
  certificate: CheckpointCertificate,
): ProofOutcome {
  const { shard, height, stateRoot } = certificate.checkpoint;
  if (!tree.root.equals(stateRoot))
    return noProof("ROOT_MISMATCH", `shard ${shard}, height ${height}: the state here has another root`);
  const stateProof = encodeStateProof(tree.prove(accountKey(account), valueBytes));
  const bytes = codec("ProofFile").encode({
    version: 1,
    proof: { "rustorium.AccountProof": { account, stateProof, certificate } },
  });
  return { ok: true, kind: "account", bytes, shard, height };
}
