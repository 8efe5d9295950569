import { ascii, concat, equal, toHex } from "./bytes.js";
import type { Certified } from "./claim.js";
import { verifyEd25519 } from "./ed25519.js";
import { sha256 } from "./hash.js";
import type { BlockHeader, Checkpoint, Signature } from "./headers.js";
import { isQuorum, type Trust } from "./trust.js";
import { type Found, type Refusal, refuse } from "./verdict.js";

const BLOCK_DOMAIN = ascii("rustorium/block/v1\0");
const CHECKPOINT_DOMAIN = ascii("rustorium/checkpoint/v1\0");
const VOTE_DOMAIN = ascii("rustorium/vote/v1\0");

/** The digest that validators sign of a block. */
export function blockDigest({ bytes }: BlockHeader): Uint8Array {
  return sha256(BLOCK_DOMAIN, bytes);
}

/** Checks a block's certificate. */
export function checkBlock(
  header: BlockHeader,
  signatures: readonly Signature[],
  trust: Trust,
): Found<Certified> {
  const digest = blockDigest(header);
  return certified({ ...header, block: digest }, digest, signatures, trust);
}

/** Checks a checkpoint's certificate. Its tag keeps a signature on a block from being one on a state. */
export function checkCheckpoint(
  checkpoint: Checkpoint,
  signatures: readonly Signature[],
  trust: Trust,
): Found<Certified> {
  return certified(checkpoint, sha256(CHECKPOINT_DOMAIN, checkpoint.bytes), signatures, trust);
}

/** What header and checkpoint have in common. */
type Signed = Pick<Checkpoint, "genesis" | "shard" | "height" | "block" | "time" | "epoch">;

function certified(
  signed: Signed,
  digest: Uint8Array,
  signatures: readonly Signature[],
  trust: Trust,
): Found<Certified> {
  const { genesis, shard, height, block, time, epoch } = signed;
  const foreign = foreignTo(trust, signed);
  if (foreign) return foreign;
  const stake = signedStakeOf(digest, signatures, trust);
  if (!stake.ok) return stake;
  const { totalStake } = trust;
  return {
    ok: true,
    value: {
      ...{ genesis: toHex(genesis), shard, height, block: toHex(block), time, epoch },
      ...{ signedStake: stake.value, totalStake },
    },
  };
}

/** Before signatures: of another network, or of validators to come, nothing can be said about them. */
function foreignTo(trust: Trust, { genesis, epoch }: Signed): Refusal | undefined {
  if (!equal(genesis, trust.genesis))
    return refuse("WRONG_NETWORK", `the genesis is ${toHex(genesis)}, not ${toHex(trust.genesis)}`);
  if (epoch > trust.epoch)
    return refuse("FUTURE_EPOCH", `epoch ${epoch} is later than ${trust.epoch}: the trust file is too old`);
  return undefined;
}

/** Each signer known and once, every signature right, a quorum. */
function signedStakeOf(digest: Uint8Array, signatures: readonly Signature[], trust: Trust): Found<number> {
  const message = concat(VOTE_DOMAIN, digest);
  let signedStake = 0;
  let previous = Number.NEGATIVE_INFINITY;
  for (const { validator: number, signature } of signatures) {
    const validator = trust.validators.get(number);
    if (!validator) return refuse("UNKNOWN_VALIDATOR", `validator ${number} is not in the trust file`);
    if (number <= previous)
      return refuse("SIGNERS_NOT_ASCENDING", `validator ${number} comes after ${previous}`);
    previous = number;
    if (!verifyEd25519(signature, message, validator.publicKey))
      return refuse("BAD_SIGNATURE", `the signature of validator ${number} is wrong`);
    signedStake += validator.stake;
  }
  if (isQuorum(trust, signedStake)) return { ok: true, value: signedStake };
  return refuse("NOT_A_QUORUM", `${signedStake} RUS of ${trust.totalStake} signed: not enough`);
}
