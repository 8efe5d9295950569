import { describe, expect, it } from "vitest";
import { verifyProofFile } from "../../verifier/index.js";
import { accountFile, codeOf, Sample, transactionFile } from "./samples.js";

const sample = new Sample("solo", 3);

describe.each([
  { name: "a transaction", bytes: transactionFile(sample.transaction()), step: 2 },
  { name: "an account", bytes: accountFile(sample.account()), step: 3 },
])("the proof of $name, with real signatures", ({ bytes, step }) => {
  it("is refused with any byte changed", { timeout: 240_000 }, () => {
    expect(codeOf(verifyProofFile(bytes, sample.trust))).toBe("taken");
    const altered = new Uint8Array(bytes);
    // Of bytes one in a few, but in the signature at the end of the certificate each.
    const isLooked = (at: number) => at % step === 0 || at > bytes.length - 70;
    for (let at = 0; at < bytes.length; at++) {
      if (!isLooked(at)) continue;
      for (const changed of [bytes[at]! ^ 1, bytes[at]! ^ 0x80, bytes[at]! + 1]) {
        altered[at] = changed;
        if (verifyProofFile(altered, sample.trust).ok) expect.fail(`byte ${at} as ${changed} is taken`);
      }
      altered[at] = bytes[at]!;
    }
  });
});
