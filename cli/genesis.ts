import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { parseAddress } from "../ledger/address.js";
import { parseRus } from "../ledger/amount.js";
import { openLog } from "../runtime/log.js";
import { prepareNetwork } from "../runtime/process/found.js";
import { SettingError } from "../runtime/settings.js";
import type { GenesisAccount } from "../schemas/generated.js";
import { settingsOf, withSettings } from "./settings-flags.js";
import { demonstrationAccounts } from "./start/accounts.js";
import { DEMONSTRATION_CHAIN_ID } from "./start/plan.js";

/** `rustorium genesis`: founds the network on a cluster unless it is there, and keeps its hash, keys and secrets. */
export function genesisCommand(program: Command): void {
  withSettings(
    program
      .command("genesis")
      .description(
        "found the network: topics, schemas, genesis, validators' keys; does nothing where it exists",
      )
      .option(
        "--chain-id <number>",
        "chain id that transactions are signed for",
        String(DEMONSTRATION_CHAIN_ID),
      )
      .option("--consensus <name>", "hybrid-pos or solo", "hybrid-pos")
      .option("--validators <number>", "number of validators", "4")
      .option("--shards <number>", "shards besides the main chain: 1, 2 or 4", "4")
      .option("--allow-unprotected", "take Ethereum transactions without chain id")
      .option("--allocation <csv>", "accounts: address,balance in RUS,nonce (default: the demonstration's)"),
  ).action(async (flags: Record<string, unknown>) => {
    const settings = settingsOf(flags);
    if (settings.brokers.length === 0) throw new SettingError("no brokers: --brokers or RUSTORIUM_BROKERS");
    if (!settings.registry) throw new SettingError("no registry: --registry or RUSTORIUM_REGISTRY");
    const consensus = String(flags.consensus);
    if (consensus !== "hybrid-pos" && consensus !== "solo")
      throw new SettingError(`no consensus module ${consensus}`);
    const shards = Number(flags.shards);
    if (shards !== 1 && shards !== 2 && shards !== 4) throw new SettingError("--shards: 1, 2 or 4");
    const allocation =
      flags.allocation === undefined ? demonstrationAccounts() : readAllocation(String(flags.allocation));
    const { network, founded } = await prepareNetwork(
      { ...settings, registry: settings.registry },
      {
        chainId: whole(flags.chainId, "--chain-id"),
        consensus,
        validators: whole(flags.validators, "--validators"),
        shards,
        parameters: { allowUnprotected: flags.allowUnprotected === true },
        accounts: allocation,
      },
      await openLog(settings, "genesis"),
    );
    process.stderr.write(`network ${settings.network} ${founded ? "founded" : "was there"}\n`);
    process.stdout.write(`${network.hash.toString("hex")}\n`);
    process.exit(0);
  });
}

function whole(text: unknown, flag: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1)
    throw new SettingError(`${flag}: ${String(text)} is no whole number above 0`);
  return number;
}

function readAllocation(path: string): GenesisAccount[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line, index) => {
      const [address = "", balance = "", nonce = "0"] = line.split(",").map((cell) => cell.trim());
      const parsed = parseAddress(address);
      const amount = parseRus(balance);
      if (!parsed.ok || amount === undefined || !Number.isSafeInteger(Number(nonce))) {
        throw new SettingError(`${path}, line ${index + 1}: address,balance,nonce expected`);
      }
      return { account: parsed.accountId, balance: amount, nonce: Number(nonce) };
    });
}
