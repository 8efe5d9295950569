import type { Command } from "commander";
import { openLog } from "../../runtime/log.js";
import { openEnvironment } from "../../runtime/process/environment.js";
import { auditWhenQuiet } from "../../runtime/session/audit-when-quiet.js";
import { startSystem } from "../../runtime/session/system.js";
import { EXIT } from "../failure.js";
import { progressSince } from "../progress.js";
import { PROJECT_ROOT } from "../project-root.js";
import { settingsOf, withSettings } from "../settings-flags.js";
import { stopRequested } from "../signals.js";
import { demonstrate } from "./demonstration.js";
import { demonstrationPlan } from "./plan.js";
import { summarise } from "./summary.js";

/** `rustorium start` (npm start): the whole network on this machine, a demonstration load, a summary; then it serves. */
export function startCommand(program: Command): void {
  withSettings(
    program
      .command("start")
      .description(
        "run the whole network here: broker, registry, stages, four validators, gateway; play a demonstration",
      )
      .option("--fresh", "forget earlier data and start over")
      .option("--once", "stop after the summary; exit code 0 only if everything in it is as it must be"),
  ).action(async (flags: Record<string, unknown>) => {
    const startedMs = Date.now();
    const say = progressSince();
    const settings = settingsOf(flags);
    const log = await openLog(settings, "start");
    const stop = stopRequested();
    const system = await startSystem(settings, demonstrationPlan(), PROJECT_ROOT, {
      fresh: flags.fresh === true,
      say,
      log,
    });
    let interrupted = false;
    void stop.then(async () => {
      interrupted = true;
      say("stopping");
      await system.stop();
      process.exit(EXIT.ok);
    });
    const fail = async (error: unknown): Promise<never> => {
      if (interrupted) return new Promise(() => undefined);
      await system.stop();
      throw error;
    };
    const environment = await openEnvironment(system.settings, "rustorium-start", log).catch(fail);
    const gateway = await system.startGateway().catch(fail);
    const result = await demonstrate(environment, say).catch(fail);
    const audited = await auditWhenQuiet(environment.network, environment.reader).catch(fail);
    const summary = summarise(result, audited, startedMs);
    process.stdout.write(`${summary.lines.join("\n")}\n`);
    if (flags.once === true) {
      interrupted = true;
      await environment.close();
      await system.stop();
      process.exit(summary.good ? EXIT.ok : EXIT.wrong);
    }
    await system.startScaler().catch(fail);
    say(
      `serving: gateway ${gateway}, brokers ${system.settings.brokers.join(",")}, registry ${system.settings.registry}`,
    );
    say("Ctrl-C stops everything");
  });
}
