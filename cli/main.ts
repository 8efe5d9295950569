import { Command } from "commander";
import { failWith } from "./failure.js";
import { replayCommand } from "./replay/command.js";
import { runCommand } from "./run.js";

const program = new Command("rustorium")
  .description("A sharded, verifiable ledger whose blockchain is a Kafka log")
  .showHelpAfterError();

runCommand(program);
replayCommand(program);

await program.parseAsync().catch(failWith);
