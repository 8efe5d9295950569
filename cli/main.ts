import { Command, CommanderError } from "commander";
import { EXIT, failWith } from "./failure.js";

type Register = (program: Command) => void;

/**
 * Commands by name, each loaded when it is asked for: loading all of them takes half a second of processor time, by
 * which a stage that died would be back later.
 */
const COMMANDS: Readonly<Record<string, () => Promise<Register>>> = {
  start: async () => (await import("./start/command.js")).startCommand,
  run: async () => (await import("./run.js")).runCommand,
  gateway: async () => (await import("./gateway.js")).gatewayCommand,
  genesis: async () => (await import("./genesis.js")).genesisCommand,
  shards: async () => (await import("./shards/command.js")).shardsCommand,
  placement: async () => (await import("./placement.js")).placementCommand,
  scale: async () => (await import("./scale.js")).scaleCommand,
  forecast: async () => (await import("./forecast/command.js")).forecastCommand,
  prove: async () => (await import("./prove.js")).proveCommand,
  trust: async () => (await import("./trust.js")).trustCommand,
  topics: async () => (await import("./topics.js")).topicsCommand,
  simulate: async () => (await import("./simulate.js")).simulateCommand,
  replay: async () => (await import("./replay/command.js")).replayCommand,
  verify: async () => (await import("./verify/command.js")).verifyCommand,
};

// Who reads our output may have had enough of it, as `head` has; that is no fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(EXIT.ok);
});

const program = new Command("rustorium")
  .description("A sharded, verifiable ledger whose blockchain is a Kafka log")
  .showHelpAfterError();

const named = Object.hasOwn(COMMANDS, process.argv[2] ?? "") ? [process.argv[2]!] : Object.keys(COMMANDS);
for (const name of named) (await COMMANDS[name]!())(program);

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
