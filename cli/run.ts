import { setPriority } from "node:os";
import { type Command, Option } from "commander";
import type { StageName } from "../processors/stage.js";
import { StageRunner } from "../runtime/driver/stage-runner.js";
import { Turns } from "../runtime/driver/turns.js";
import { openLog } from "../runtime/log.js";
import { StageReports } from "../runtime/metrics/report.js";
import { openEnvironment } from "../runtime/process/environment.js";
import { STAGE_NAMES, stageDefinitions } from "../runtime/process/stages.js";
import { answerUsage } from "../runtime/process/usage.js";
import { SignaturePool } from "../runtime/signatures/pool.js";
import { keepPartitions } from "../runtime/topology/partition-keeper.js";
import { EXIT, failWith } from "./failure.js";
import { settingsOf, withSettings } from "./settings-flags.js";
import { stopRequested } from "./signals.js";

/** Stages that check every signature. */
const CHECKING_STAGES: readonly StageName[] = ["validate", "vote"];
/**
 * Of a process that only hashes state trees: it uses the time that others leave, and finality doesn't wait for it.
 * Not the lowest: on a busy machine it must still answer its broker. 19 is the lowest, 0 what others have.
 */
const CHECKPOINT_PRIORITY = 15;

/** `rustorium run STAGE…`: stages in this process until a signal. Start it twice to scale. */
export function runCommand(program: Command): void {
  withSettings(
    program
      .command("run")
      .description(
        `run stages until Ctrl-C; a second process shares the partitions. Stages: ${STAGE_NAMES.join(", ")}`,
      )
      .argument("<stage...>")
      .addOption(
        new Option(
          "--validator <numbers>",
          "validators that `vote` and `checkpoint` run, separated by commas",
        ).default("1"),
      ),
  ).action(async (stages: string[], flags: Record<string, unknown>) => {
    const unknown = stages.find((stage) => !(STAGE_NAMES as readonly string[]).includes(stage));
    if (unknown)
      failWith(
        Object.assign(new Error(`no stage ${unknown}: ${STAGE_NAMES.join(", ")}`), { code: "BAD_STAGE" }),
      );
    const validators = String(flags.validator).split(",").map(Number);
    if (stages.every((stage) => stage === "checkpoint")) setPriority(CHECKPOINT_PRIORITY);
    const settings = settingsOf(flags);
    const ofValidators = stages.includes("vote") || stages.includes("checkpoint");
    const name = ofValidators ? `${stages.join("+")}-${validators.join("+")}` : stages.join("+");
    const log = await openLog(settings, `${name}-${process.pid}`);
    const environment = await openEnvironment(settings, `rustorium-${name}`, log);
    const definitions = stages.flatMap((stage) =>
      stageDefinitions(stage as StageName, environment.home, validators),
    );
    const checks = definitions.filter(({ name: stage }) => CHECKING_STAGES.includes(stage)).length;
    const onFailure = (error: Error) =>
      log.error({ error: error.message }, "a thread that checks signatures failed; the stages check them");
    const signatures =
      checks > 0 ? new SignaturePool(environment.network.rules, checks, onFailure) : undefined;
    const shared = { ...environment, turns: new Turns(), ...(signatures && { signatures }) };
    const runners = definitions.map((definition) => {
      return new StageRunner(definition, shared, (error) => {
        log.fatal({ error: error.message }, "a consumer stopped for good");
        process.exit(EXIT.failed);
      });
    });
    const stop = stopRequested();
    const { admin, network, topology } = environment;
    if (stages.includes("finalize")) {
      // What writes the tree sees to it that its shards have somewhere to live.
      keepPartitions(admin, network.genesis.network, topology, (error) =>
        log.warn({ code: "PARTITIONS_NOT_MADE", error: String(error) }, "no more partitions for shards"),
      );
    }
    await Promise.all(runners.map((runner) => runner.start()));
    const reports = new StageReports(shared, runners, `${name}-${process.pid}`, () =>
      process.memoryUsage.rss(),
    );
    reports.start();
    answerUsage(runners, () => signatures?.checkedMs ?? 0);
    process.send?.({ kind: "ready" });
    if (!process.send) process.stderr.write(`${name}: running\n`);
    await stop;
    await Promise.all([reports.stop(), ...runners.map((runner) => runner.stop())]);
    await Promise.all([environment.close(), signatures?.close()]);
    process.exit(EXIT.ok);
  });
}
