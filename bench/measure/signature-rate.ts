import { keyPairFromSeed, signEd25519, verifyEd25519 } from "../../ledger/crypto/ed25519.js";
import { checksPerSecond, signatureRate as recoveryRate } from "../../runtime/session/signature-rate.js";
import type { LoadScheme } from "../load/accounts.js";

/** Different ones: a processor learns the branches of one that comes again and again. */
const SIGNATURES = 256;
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
  const message = Buffer.alloc(MESSAGE_BYTES, 7);
  const signed = Array.from({ length: SIGNATURES }, (_, index) => {
    const keyPair = keyPairFromSeed(Buffer.alloc(32, index));
    return { publicKey: keyPair.publicKey, signature: signEd25519(message, keyPair) };
  });
  return checksPerSecond(signed.length, () => {
    for (const { signature, publicKey } of signed) verifyEd25519(signature, message, publicKey);
  });
}
