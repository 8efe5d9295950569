import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { trustFile } from "../ledger/genesis/trust-file.js";
import { connectTopics } from "../runtime/proofs/connect.js";
import { settingsOf, withSettings } from "./settings-flags.js";

/** `rustorium trust`: whom to trust, from the checked genesis, for a verifier. */
export function trustCommand(program: Command): void {
  withSettings(
    program
      .command("trust")
      .description(
        "write the genesis hash and the validators' keys, which is all that a verifier of proofs needs",
      )
      .requiredOption("--out <file>", "file to write"),
  ).action(async (flags: Record<string, unknown>) => {
    const topics = await connectTopics(settingsOf(flags), "rustorium-trust");
    if (topics.isGenesisTrusted)
      process.stderr.write("no genesis.hash in the home directory: the cluster is trusted for the genesis\n");
    writeFileSync(String(flags.out), trustFile(topics.network));
    process.stderr.write(`${String(flags.out)}: genesis ${topics.network.hash.toString("hex")}\n`);
    await topics.close();
  });
}
