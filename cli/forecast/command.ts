import type { Command } from "commander";
import { connectTopics } from "../../runtime/proofs/connect.js";
import { settingsOf, withSettings } from "../settings-flags.js";
import { drawShard } from "./draw.js";
import { loadNamed, type ShardLoad, shardLoads } from "./model.js";
import { readLoads } from "./read.js";

const MINUTES_DEFAULT = 10;
const MINUTES_MAX = 120;
const MINUTE_MS = 60_000;

/** What was asked for isn't there, or can't be read. */
class ForecastError extends Error {
  constructor(
    readonly code: "BAD_USAGE" | "NO_METRICS" | "UNKNOWN_SHARD",
    message: string,
  ) {
    super(message);
  }
}

/** `rustorium forecast`: what shards' load was, what is expected of it, and what was decided. */
export function forecastCommand(program: Command): void {
  withSettings(
    program
      .command("forecast")
      .description("draw each shard's load, its capacity, what is expected, and what the scaler decided")
      .option("--shard <shard>", "only this one: number of a shard, or its path, e.g. 1.2")
      .option("--minutes <number>", `how far back, up to ${MINUTES_MAX}`, String(MINUTES_DEFAULT))
      .option("--json", "print one JSON object"),
  ).action(async (flags: Record<string, unknown>) => {
    const minutes = Number(flags.minutes);
    if (!(minutes > 0 && minutes <= MINUTES_MAX))
      throw new ForecastError(
        "BAD_USAGE",
        `--minutes: ${String(flags.minutes)} is no number above 0, up to ${MINUTES_MAX}`,
      );
    const topics = await connectTopics(settingsOf(flags), "rustorium-forecast");
    try {
      const nowMs = Date.now();
      const all = shardLoads(await readLoads(topics.source, nowMs - minutes * MINUTE_MS, nowMs));
      const shards = asked(all, flags.shard, minutes);
      const text = flags.json === true ? JSON.stringify({ shards }) : picture(all, shards, minutes);
      process.stdout.write(`${text}\n`);
    } finally {
      await topics.close();
    }
  });
}

/** @throws ForecastError where there is nothing to show */
function asked(all: readonly ShardLoad[], name: unknown, minutes: number): readonly ShardLoad[] {
  if (all.length === 0)
    throw new ForecastError(
      "NO_METRICS",
      `no shard was measured in the last ${minutes} minutes: do the stages run?`,
    );
  if (name === undefined) return all;
  const found = loadNamed(all, String(name));
  if (!found)
    throw new ForecastError(
      "UNKNOWN_SHARD",
      `there is no shard ${String(name)} that was measured in the last ${minutes} minutes`,
    );
  return [found];
}

function picture(all: readonly ShardLoad[], shards: readonly ShardLoad[], minutes: number): string {
  // The newest measurement is now: this machine's clock may be another than the stages'.
  const nowMs = Math.max(...all.map(({ load }) => load.at(-1)?.at ?? 0));
  const options = { fromMs: nowMs - minutes * MINUTE_MS, nowMs, isColoured: isColoured() };
  return shards.map((shard) => drawShard(shard, options).join("\n")).join("\n\n");
}

/** Colours are for terminals, and for those who want them (no-color.org). */
function isColoured(): boolean {
  const { NO_COLOR, TERM } = process.env;
  return process.stdout.isTTY === true && (NO_COLOR ?? "") === "" && TERM !== "dumb";
}
