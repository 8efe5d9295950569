import type { FoundingPlan } from "../../runtime/process/found.js";
import { demonstrationAccounts } from "./accounts.js";

/** Chain id of networks made by `npm start`. */
export const DEMONSTRATION_CHAIN_ID = 7_890;

/** The network that `npm start` founds. */
export function demonstrationPlan(): FoundingPlan {
  return {
    chainId: DEMONSTRATION_CHAIN_ID,
    consensus: "hybrid-pos",
    validators: 4,
    shards: 4,
    accounts: demonstrationAccounts(),
  };
}
