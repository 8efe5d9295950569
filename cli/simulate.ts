import { availableParallelism } from "node:os";
import { type Command, Option } from "commander";
import { SCENARIOS, type Scenario } from "../simulator/options.js";
import { PLANT_NAMES, type PlantName } from "../simulator/plants/registry.js";
import { type SimulationReport, simulate } from "../simulator/simulate.js";
import { EXIT, failWith } from "./failure.js";

const SEEDS_DEFAULT = 1_000;
const SEEDS_MAX = 10_000_000;
/** Seeds are 32 bits wide. */
const SEED_MAX = 2 ** 31 - 1;
const PROGRESS_MS = 2_000;

interface SimulateFlags {
  readonly seeds: string;
  readonly seed: string;
  readonly workers?: string;
  readonly plant?: PlantName;
  readonly scenario?: Scenario;
  readonly realSignatures?: boolean;
  readonly json?: boolean;
}

/** `rustorium simulate`: whole networks with faults, one a seed, watched by an independent model. */
export function simulateCommand(program: Command): void {
  program
    .command("simulate")
    .description(
      "run the stages on a simulated Kafka under faults, one network a seed, and check every invariant",
    )
    .option("--seeds <number>", "how many seeds", String(SEEDS_DEFAULT))
    .option("--seed <number>", "the first one", "1")
    .option("--workers <number>", "threads (default: as many as there are cores)")
    .addOption(
      new Option("--plant <name>", "plant a fault in the stages, to see it found").choices(PLANT_NAMES),
    )
    .addOption(
      new Option("--scenario <name>", "reshard: shards split and merge all the time").choices(SCENARIOS),
    )
    .option("--real-signatures", "real signatures and Poseidon in every seed, not in one of fifty")
    .option("--json", "print the report as one JSON object")
    .action(async (flags: SimulateFlags) => {
      const seeds = whole("--seeds", flags.seeds, 1, SEEDS_MAX);
      const firstSeed = whole("--seed", flags.seed, 0, SEED_MAX - seeds);
      const workers = whole("--workers", flags.workers ?? String(availableParallelism()), 1, 256);
      let saidMs = performance.now();
      const report = await simulate({
        seeds,
        firstSeed,
        workers,
        ...(flags.plant !== undefined && { plant: flags.plant }),
        ...(flags.scenario !== undefined && { scenario: flags.scenario }),
        ...(flags.realSignatures && { realSignatures: true }),
        onProgress: (done, failed) => {
          if (performance.now() - saidMs < PROGRESS_MS) return;
          saidMs = performance.now();
          process.stderr.write(`${done} of ${seeds} seeds, ${failed} failed\n`);
        },
      });
      process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : render(report));
      process.exit(report.failures.length === 0 ? EXIT.ok : EXIT.wrong);
    });
}

function whole(flag: string, text: string, min: number, max: number): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  return failWith(
    Object.assign(new Error(`${flag}: ${text} is not a whole number from ${min} to ${max}`), {
      code: "BAD_USAGE",
    }),
  );
}

function render(report: SimulationReport): string {
  const { seeds, firstSeed, events, simulatedMs, faults, failures } = report;
  const total = Object.values(faults).reduce((sum, count) => sum + count, 0);
  const lines = [
    `seeds ${firstSeed} to ${firstSeed + seeds - 1}: ${seeds - failures.length} clean, ${failures.length} failed; ${report.seedsPerMinute} a minute`,
    `${events} events (at least ${report.eventsMin} a seed), ${total} faults (at least ${report.faultsMin}), ${Math.round(simulatedMs / 1_000)} s simulated`,
    `${report.transactions} transactions, ${report.blocks} blocks; ${report.realSignatures} seeds with real signatures; ${report.runTwice} run twice with the same trace`,
    ...(report.splits + report.merges > 0
      ? [
          `${report.splits} splits, ${report.merges} merges, ${report.changesWithEscrow} of them with transfers in escrow`,
        ]
      : []),
    ...Object.entries(faults).map(([fault, count]) => `  ${fault}: ${count}`),
    ...failures.flatMap(({ seed, invariant, detail, shrunk }) => [
      `FAILED seed ${seed}: ${invariant}: ${detail}`,
      ...(shrunk ? [`  least that fails: ${JSON.stringify(shrunk)}`] : []),
    ]),
  ];
  return `${lines.join("\n")}\n`;
}
