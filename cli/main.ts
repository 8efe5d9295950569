import { Command, CommanderError } from "commander";
import { EXIT, failWith } from "./failure.js";
import { gatewayCommand } from "./gateway.js";
import { genesisCommand } from "./genesis.js";
import { replayCommand } from "./replay/command.js";
import { runCommand } from "./run.js";
import { simulateCommand } from "./simulate.js";
import { startCommand } from "./start/command.js";
import { topicsCommand } from "./topics.js";

// Who reads our output may have had enough of it, as `head` has; that is no fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(EXIT.ok);
});

const program = new Command("rustorium")
  .description("A sharded, verifiable ledger whose blockchain is a Kafka log")
  .showHelpAfterError();

startCommand(program);
runCommand(program);
gatewayCommand(program);
genesisCommand(program);
topicsCommand(program);
replayCommand(program);
simulateCommand(program);

for (const command of [program, ...allCommands(program)]) command.exitOverride();
await program.parseAsync().catch((error: unknown) => {
  if (!(error instanceof CommanderError)) return failWith(error);
  // Help and version end well; everything else commander has explained already, in its own words.
  if (error.exitCode === 0) process.exit(EXIT.ok);
  return failWith(Object.assign(new Error(error.message), { code: "BAD_USAGE" }));
});

function allCommands(parent: Command): Command[] {
  return parent.commands.flatMap((command) => [command, ...allCommands(command)]);
}
