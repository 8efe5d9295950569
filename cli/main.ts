import { Command } from "commander";
import { failWith } from "./failure.js";
import { gatewayCommand } from "./gateway.js";
import { genesisCommand } from "./genesis.js";
import { replayCommand } from "./replay/command.js";
import { runCommand } from "./run.js";
import { startCommand } from "./start/command.js";
import { topicsCommand } from "./topics.js";

const program = new Command("rustorium")
  .description("A sharded, verifiable ledger whose blockchain is a Kafka log")
  .showHelpAfterError();

startCommand(program);
runCommand(program);
gatewayCommand(program);
genesisCommand(program);
topicsCommand(program);
replayCommand(program);

await program.parseAsync().catch(failWith);
