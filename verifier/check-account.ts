import { readWhole } from "./avro-reader.js";
import { toHex } from "./bytes.js";
import { checkCheckpoint } from "./certificate.js";
import type { AccountBalances, AccountClaim } from "./claim.js";
import { MAIN_CHAIN } from "./headers.js";
import type { AccountProof } from "./proof-file.js";
import { accountKey } from "./state-key.js";
import { checkStateProof } from "./state-root.js";
import { readStateValue } from "./state-values.js";
import type { Trust } from "./trust.js";
import { type Found, refuse } from "./verdict.js";

/** What an account has at a checkpoint, or that it has nothing. */
export function checkAccount(proof: AccountProof, trust: Trust): Found<AccountClaim> {
  const { account, checkpoint, stateProof, signatures } = proof;
  const certified = checkCheckpoint(checkpoint, signatures, trust);
  if (!certified.ok) return certified;
  if (checkpoint.shard === MAIN_CHAIN) return refuse("WRONG_SHARD", "the main chain holds no accounts");
  const { prefix, stateRoot } = checkpoint;
  const proved = checkStateProof(stateProof, accountKey(account), prefix, stateRoot);
  if (!proved.ok) return proved;
  const { valueBytes } = proved.value;
  const state = valueBytes && accountOf(valueBytes);
  if (state && !state.ok) return state;
  return {
    ok: true,
    value: { kind: "account", ...certified.value, account: toHex(account), state: state?.value },
  };
}

function accountOf(valueBytes: Uint8Array): Found<AccountBalances> {
  const read = readWhole(valueBytes, "the account's value", readStateValue);
  if (!read.ok) return read;
  if (read.value.kind === "account") return { ok: true, value: read.value.account };
  return refuse("WRONG_VALUE", `what is proved is no account but ${read.value.kind}`);
}
