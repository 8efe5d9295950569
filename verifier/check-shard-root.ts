import { readWhole } from "./avro-reader.js";
import { toHex } from "./bytes.js";
import { checkCheckpoint } from "./certificate.js";
import type { ShardRootClaim } from "./claim.js";
import { elementOf } from "./field.js";
import { MAIN_CHAIN } from "./headers.js";
import { poseidon } from "./poseidon.js";
import type { ShardRootProof } from "./proof-file.js";
import { GLOBAL_ROOT_KEY } from "./state-key.js";
import { checkStateProof } from "./state-root.js";
import { readStateValue } from "./state-values.js";
import type { Trust } from "./trust.js";
import { type Found, refuse } from "./verdict.js";

/** That the state root of a shard's checkpoint is in the global root that the main chain has at one of its own. */
export function checkShardRoot(proof: ShardRootProof, trust: Trust): Found<ShardRootClaim> {
  const { shard, siblings, main } = proof;
  const ofShard = checkCheckpoint(shard.checkpoint, shard.signatures, trust);
  if (!ofShard.ok) return ofShard;
  const ofMain = checkCheckpoint(main.checkpoint, main.signatures, trust);
  if (!ofMain.ok) return ofMain;
  const { prefix, stateRoot } = shard.checkpoint;
  if (shard.checkpoint.shard === MAIN_CHAIN)
    return refuse("WRONG_SHARD", "the main chain's own root is not in the global root");
  if (main.checkpoint.shard !== MAIN_CHAIN)
    return refuse("WRONG_SHARD", "the global root is proved in another chain than the main chain");
  const found = globalRootOf(proof);
  if (!found.ok) return found;
  if (siblings.length !== prefix.length)
    return refuse("WRONG_INDEX", `${siblings.length} siblings for a prefix of ${prefix.length} bits`);
  if (rootAbove(prefix, stateRoot, siblings) !== elementOf(found.value))
    return refuse("WRONG_ROOT", "the siblings don't lead from the shard's root to the global root");
  const { height, block, time } = ofMain.value;
  return {
    ok: true,
    value: {
      kind: "shard",
      ...ofShard.value,
      stateRoot: toHex(stateRoot),
      globalRoot: toHex(found.value),
      mainChain: { height, block, time },
    },
  };
}

function globalRootOf({ main: { checkpoint }, stateProof }: ShardRootProof): Found<Uint8Array> {
  const { prefix, stateRoot } = checkpoint;
  const proved = checkStateProof(stateProof, GLOBAL_ROOT_KEY, prefix, stateRoot);
  if (!proved.ok) return proved;
  const { valueBytes } = proved.value;
  if (!valueBytes) return refuse("WRONG_VALUE", "the main chain has no global root at that checkpoint");
  const read = readWhole(valueBytes, "the global root", readStateValue);
  if (!read.ok) return read;
  if (read.value.kind === "global root") return { ok: true, value: read.value.root };
  return refuse("WRONG_VALUE", `what is proved is no global root but ${read.value.kind}`);
}

/** Null where one is no field element: no root is. */
function rootAbove(prefix: string, root: Uint8Array, siblings: readonly Uint8Array[]): bigint | null {
  let digest = elementOf(root);
  for (const [index, bytes] of siblings.entries()) {
    const sibling = elementOf(bytes);
    if (digest === undefined || sibling === undefined) return null;
    const isLeft = prefix[prefix.length - 1 - index] === "0";
    digest = isLeft ? poseidon(digest, sibling) : poseidon(sibling, digest);
  }
  return digest ?? null;
}
