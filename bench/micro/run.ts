import { signatureRate } from "../measure/signature-rate.js";
import { benchCodec } from "./codec.js";
import { benchMerkle, type MicroRow } from "./merkle.js";

/** What single calls cost: signatures, codecs beside avsc, Merkle trees. */
export interface MicroReport {
  readonly scenario: "micro";
  readonly rows: readonly MicroRow[];
}

export function runMicro(): MicroReport {
  const signatures = (["ed25519", "ethereum"] as const).map((scheme) => ({
    name: `signature check, ${scheme}`,
    microseconds: 1_000_000 / signatureRate(scheme),
  }));
  const rows = [...signatures, ...benchCodec(), ...benchMerkle()].map(({ name, microseconds }) => ({
    name,
    microseconds: Number(microseconds.toFixed(3)),
  }));
  return { scenario: "micro", rows };
}
