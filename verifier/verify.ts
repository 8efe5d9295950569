import { equal } from "./bytes.js";
import { checkAccount } from "./check-account.js";
import { checkRecord } from "./check-record.js";
import { checkShardRoot } from "./check-shard-root.js";
import { checkTransaction } from "./check-transaction.js";
import type { Claim } from "./claim.js";
import { decodeProofFile, type Proof } from "./proof-file.js";
import type { Trust } from "./trust.js";
import { type Found, type Refusal, refuse, type Verdict } from "./verdict.js";

/** What the reader asked for. A file that proves something else is refused, however right it is. */
export interface Expectation {
  /** Account id (20 bytes): the file must prove what that account has. */
  readonly account?: Uint8Array | undefined;
  /** Transaction id (32 bytes): the file must prove that transaction. */
  readonly transactionId?: Uint8Array | undefined;
  /** The block must not be below. */
  readonly minimumHeight?: number | undefined;
  readonly shard?: number | undefined;
}

/** What a proof file proves to someone who trusts these validators, or why nothing. Never throws, whatever the bytes. */
export function verifyProofFile(bytes: Uint8Array, trust: Trust, expect: Expectation = {}): Verdict {
  // Node's Buffer is an Uint8Array with other ways of its own: here it is one without.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoded = decodeProofFile(plain);
  if (!decoded.ok) return decoded;
  const claim = check(decoded.value, trust);
  if (!claim.ok) return claim;
  return unexpected(decoded.value, claim.value, expect) ?? { ok: true, claim: claim.value };
}

function check(proof: Proof, trust: Trust): Found<Claim> {
  switch (proof.kind) {
    case "account":
      return checkAccount(proof, trust);
    case "transaction":
      return checkTransaction(proof, trust);
    case "record":
      return checkRecord(proof, trust);
    case "shard":
      return checkShardRoot(proof, trust);
  }
}

function unexpected(proof: Proof, { shard, height }: Claim, expect: Expectation): Refusal | undefined {
  const { account, transactionId, minimumHeight = height } = expect;
  if (account && !(proof.kind === "account" && equal(proof.account, account)))
    return refuse("WRONG_KEY", "the file is right, but not about the account that was asked for");
  if (transactionId && !(proof.kind === "transaction" && equal(proof.transactionId, transactionId)))
    return refuse("WRONG_KEY", "the file is right, but not about the transaction that was asked for");
  if (expect.shard !== undefined && shard !== expect.shard)
    return refuse("WRONG_SHARD", `the file is right, but about shard ${shard}, not ${expect.shard}`);
  // So that NaN is refused too.
  if (!(height >= minimumHeight))
    return refuse("WRONG_HEIGHT", `the file is right, but of height ${height}, below ${minimumHeight}`);
  return undefined;
}
