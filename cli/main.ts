import { Command } from "commander";
import { failWith } from "./failure.js";
import { runCommand } from "./run.js";

const program = new Command("rustorium")
  .description("A sharded, verifiable ledger whose blockchain is a Kafka log")
  .showHelpAfterError();

runCommand(program);

await program.parseAsync().catch(failWith);
