import { setPriority } from "node:os";
import { type Command, InvalidArgumentError, Option } from "commander";
import { ARCHITECTURES, type Architecture, NETWORK_DEFAULTS } from "../ml/network/network.js";
import { LOOKS, SCALING_DEFAULTS, type ScalingSettings } from "../ml/scaling/policy.js";
import { openLog } from "../runtime/log.js";
import { openEnvironment } from "../runtime/process/environment.js";
import { openScaling } from "../runtime/scaling/open.js";
import { TRAIN_EVERY_MS } from "../runtime/scaling/training.js";
import { EXIT } from "./failure.js";
import { shippedModelPath } from "./project-root.js";
import { settingsOf, withSettings } from "./settings-flags.js";
import { stopRequested } from "./signals.js";

/** Training takes the time that stages leave; 19 is the lowest priority, 0 what others have. */
const PRIORITY = 10;
const RUS = 10n ** 18n;
const PERCENT = 100;
const MS_PER_S = 1_000;

/** `rustorium scale`: measures shards, forecasts their load, and proposes splits and merges, until a signal. */
export function scaleCommand(program: Command): void {
  const { splitLevel, mergeLevel, mergeAfterMs, cooldownMs, accountsMax, valueMax } = SCALING_DEFAULTS;
  withSettings(
    program
      .command("scale")
      .description("forecast the shards' load, and split and merge them ahead of it, until Ctrl-C")
      .option("--dry-run", "decide, and propose nothing")
      .addOption(
        new Option("--architecture <name>", "network that forecasts")
          .choices(ARCHITECTURES)
          .default(NETWORK_DEFAULTS.architecture),
      )
      .option(
        "--capacity <number>",
        "transactions a second that a shard can take (default: measured)",
        positive,
      )
      .addOption(
        new Option("--policy <policy>", "decide by present load alone, or by what is forecast as well")
          .choices(LOOKS)
          .default(SCALING_DEFAULTS.looksAt),
      )
      .option(
        "--split-level <percent>",
        "share of the capacity at which a shard is split",
        positive,
        splitLevel * PERCENT,
      )
      .option(
        "--merge-level <percent>",
        "siblings below it together are merged",
        positive,
        mergeLevel * PERCENT,
      )
      .option(
        "--merge-after <seconds>",
        "for so long they must stay below it",
        positive,
        mergeAfterMs / MS_PER_S,
      )
      .option(
        "--cooldown <seconds>",
        "a shard that just began is left alone",
        notNegative,
        cooldownMs / MS_PER_S,
      )
      .option(
        "--train-every <seconds>",
        "the network is trained so long after the last time; 0: not at all",
        notNegative,
        TRAIN_EVERY_MS / MS_PER_S,
      )
      .option("--accounts-max <number>", "accounts of a shard", positive, accountsMax)
      .option(
        "--value-max <rus>",
        "what the accounts of a shard in use may hold; 0: anything",
        notNegative,
        Number(valueMax / RUS),
      ),
  ).action(async (flags: Record<string, unknown>) => {
    setPriority(PRIORITY);
    const settings = settingsOf(flags);
    const log = await openLog(settings, `scale-${process.pid}`);
    const environment = await openEnvironment(settings, "rustorium-scale", log);
    const architecture = flags.architecture as Architecture;
    const scaling = await openScaling(environment, {
      settings: scalingOf(flags, environment.network.genesis.parameters.shardsMax),
      isDryRun: flags.dryRun === true,
      capacity: flags.capacity as number | undefined,
      architecture,
      shippedModelPath: shippedModelPath(architecture),
      trainEveryMs: (flags.trainEvery as number) * MS_PER_S,
      onFailure(error) {
        log.fatal({ error: String(error) }, "scaling stopped");
        process.exit(EXIT.failed);
      },
    });
    process.send?.({ kind: "ready" });
    if (!process.send) process.stderr.write("scale: running\n");
    await stopRequested();
    await scaling.stop();
    await environment.close();
    process.exit(EXIT.ok);
  });
}

function scalingOf(flags: Record<string, unknown>, shardsMax: number): ScalingSettings {
  const of = (name: string) => flags[name] as number;
  const valueMax = of("valueMax");
  return {
    ...SCALING_DEFAULTS,
    looksAt: flags.policy as ScalingSettings["looksAt"],
    shardsMax,
    splitLevel: of("splitLevel") / PERCENT,
    mergeLevel: of("mergeLevel") / PERCENT,
    mergeAfterMs: of("mergeAfter") * MS_PER_S,
    cooldownMs: of("cooldown") * MS_PER_S,
    accountsMax: of("accountsMax"),
    // Nothing is worth as much as all that there can be.
    valueMax: valueMax === 0 ? 2n ** 127n : BigInt(Math.round(valueMax)) * RUS,
  };
}

function notNegative(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError("it is no number of that kind.");
  return value;
}

function positive(text: string): number {
  const value = notNegative(text);
  if (value === 0) throw new InvalidArgumentError("it must be above 0.");
  return value;
}
