import { availableParallelism } from "node:os";
import { keyPairFromSeed, signEd25519, verifyEd25519 } from "../../ledger/crypto/ed25519.js";
import { signatureRate as recoveryRate } from "../../runtime/session/signature-rate.js";
import type { LoadScheme } from "../load/accounts.js";

const MEASURE_MS = 400;
const CHECKS_PER_LOOK = 50;
/** Bytes of the message of an ordinary transfer. */
const MESSAGE_BYTES = 120;

/** Checks a second that one core does now, of the signatures that the load has. Nothing else should run meanwhile. */
export function signatureRate(scheme: LoadScheme): number {
  switch (scheme) {
    case "ed25519":
      return ed25519Rate();
    case "ethereum":
      return recoveryRate();
    case "mixed":
      // As much of each: the time of a pair is the sum of the times.
      return 2 / (1 / ed25519Rate() + 1 / recoveryRate());
  }
}

function ed25519Rate(): number {
  const keyPair = keyPairFromSeed(Buffer.alloc(32, 1));
  const message = Buffer.alloc(MESSAGE_BYTES, 7);
  const signature = signEd25519(message, keyPair);
  let checks = 0;
  const startMs = performance.now();
  let elapsedMs = 0;
  while (elapsedMs < MEASURE_MS) {
    for (let index = 0; index < CHECKS_PER_LOOK; index++) verifyEd25519(signature, message, keyPair.publicKey);
    checks += CHECKS_PER_LOOK;
    elapsedMs = performance.now() - startMs;
  }
  return (checks * 1_000) / elapsedMs;
}

/** Transactions a second at which all cores would do nothing but check each signature in `validate` and every validator. */
export function signatureLimitTps(checksPerSecond: number, validators: number): number {
  return (availableParallelism() * checksPerSecond) / (1 + validators);
}
