import { join } from "node:path";
import pino, { type Logger } from "pino";
import roll from "pino-roll";
import type { Settings } from "./settings.js";

/**
 * Structured logs (pino, JSON lines): all of `logLevel` and above to a file that is rolled daily and kept for
 * `logRetentionDays`, warnings and above to stderr too.
 */
export async function openLog(settings: Settings, processName: string, toStderr = true): Promise<Logger> {
  const file = await roll({
    file: join(settings.home, settings.network, "logs", processName),
    extension: ".log",
    frequency: "daily",
    dateFormat: "yyyy-MM-dd",
    mkdir: true,
    limit: { count: settings.logRetentionDays, removeOtherLogFiles: true },
  });
  const streams: pino.StreamEntry[] = [{ stream: file, level: settings.logLevel as pino.Level }];
  if (toStderr) streams.push({ stream: pino.destination(2), level: "warn" });
  return pino({ level: settings.logLevel, base: { process: processName } }, pino.multistream(streams));
}
