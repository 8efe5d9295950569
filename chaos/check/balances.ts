import { demonstrationAccounts } from "../../cli/start/accounts.js";
import { accountKey } from "../../ledger/state/key.js";
import { asAccount } from "../../ledger/state/state.js";
import type { OpenEnvironment } from "../../runtime/process/environment.js";
import { readState } from "../../runtime/session/audit.js";
import type { GeneratedTransfers } from "../load/generated.js";

/** Compares the accounts of the generated transfers with what these must have led to. @returns what differs */
export async function compareBalances(
  { network, reader }: OpenEnvironment,
  generated: GeneratedTransfers,
): Promise<string[]> {
  const initial = new Map(
    demonstrationAccounts().map(({ account, balance }) => [account.toString("hex"), balance]),
  );
  const states = new Map<number, Awaited<ReturnType<typeof readState>>>();
  for (const { shard } of network.topology.live) states.set(shard, await readState(network, reader, shard));
  const wrong: string[] = [];
  for (const { id, nonce, change } of generated.expected()) {
    const name = id.toString("hex");
    const held = asAccount(states.get(network.topology.shardOf(id))?.values.get(accountKey(id)));
    const balance = (initial.get(name) ?? 0n) + change;
    if (held?.balance !== balance || held.nonce !== nonce)
      wrong.push(
        `account ${name} has ${held?.balance} and nonce ${held?.nonce}, not ${balance} and ${nonce}`,
      );
  }
  return wrong;
}
