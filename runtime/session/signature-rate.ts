import { availableParallelism } from "node:os";
import { recoverPublicKey, signRecoverable } from "../../ledger/crypto/secp256k1.js";

const MEASURE_MS = 400;
/** Different ones: a processor learns the branches of one that comes again and again. */
const SIGNATURES = 64;

/** How many secp256k1 senders one core recovers a second now. Blocks for a moment; nothing else should run meanwhile. */
export function signatureRate(): number {
  const signed = Array.from({ length: SIGNATURES }, (_, index) => {
    const digest = Buffer.alloc(32, index);
    return { digest, ...signRecoverable(digest, Buffer.alloc(32, index + 1)) };
  });
  return checksPerSecond(SIGNATURES, () => {
    for (const { digest, signature, recoveryId } of signed) recoverPublicKey(digest, signature, recoveryId);
  });
}

/** Does rounds of so many checks for a moment; how many a second that makes. */
export function checksPerSecond(checksOfRound: number, round: () => void): number {
  let checks = 0;
  const startMs = performance.now();
  let elapsedMs = 0;
  while (elapsedMs < MEASURE_MS) {
    round();
    checks += checksOfRound;
    elapsedMs = performance.now() - startMs;
  }
  return (checks * 1_000) / elapsedMs;
}

/**
 * Transactions a second at which this machine would do nothing but check signatures: once in validate and once in each
 * validator. What a machine does beside it is measured against this, as its speed changes by the minute.
 */
export function signatureLimitTps(checksPerSecond: number, validators: number): number {
  return (availableParallelism() * checksPerSecond) / (1 + validators);
}
