import type { Network } from "./genesis.js";

/**
 * What someone needs who checks proofs of a network and trusts nobody else: its genesis hash, and who signs. JSON text; the
 * form is the verifier's. The validators are the genesis's in every topology epoch: nothing changes them yet.
 */
export function trustFile({ genesis, hash }: Network): string {
  const trust = {
    format: "rustorium-trust",
    version: 1,
    genesis: hash.toString("hex"),
    consensus: genesis.consensus,
    epoch: Number.MAX_SAFE_INTEGER,
    validators: genesis.validators.map(({ validator, publicKey, stake }) => ({
      validator,
      publicKey: publicKey.toString("hex"),
      stake,
    })),
  };
  return `${JSON.stringify(trust, undefined, 2)}\n`;
}
