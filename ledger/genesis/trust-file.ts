import type { Network } from "./genesis.js";

/**
 * What someone needs who checks proofs of a network and trusts nobody else: its genesis hash, and who signs. JSON text; the
 * form is the verifier's. The keys are the genesis's, which are those of epoch 0; there is no other yet.
 */
export function trustFile({ genesis, hash }: Network): string {
  const trust = {
    format: "rustorium-trust",
    version: 1,
    genesis: hash.toString("hex"),
    consensus: genesis.consensus,
    epoch: 0,
    validators: genesis.validators.map(({ validator, publicKey, stake }) => ({
      validator,
      publicKey: publicKey.toString("hex"),
      stake,
    })),
  };
  return `${JSON.stringify(trust, undefined, 2)}\n`;
}
