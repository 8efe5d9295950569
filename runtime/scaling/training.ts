import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { MlError } from "../../ml/failure.js";
import type { Architecture } from "../../ml/network/network.js";
import { loadModel, type TrainedModel } from "../../ml/network/saved-model.js";
import { beginRefresh } from "../../ml/scaling/refresh.js";
import type { Scaler } from "../../ml/scaling/scaler.js";
import { type Clock, sleep } from "../clock.js";
import type { StageLog } from "../driver/environment.js";

/** The first training begins so soon, in milliseconds, or sooner where trainings come more often. */
const FIRST_AFTER_MS = 20_000;
/** Each further one begins so long after the one before, in milliseconds. */
export const TRAIN_EVERY_MS = 120_000;
/** In the log, with the round. */
export const TRAINING_ENDS = "a training ends";
/** Between two looks whether it is to stop, in milliseconds. */
const LOOK_MS = 500;
/** Between two turns the rest of the process gets so much time, in milliseconds. */
const TURN_PAUSE_MS = 20;

/**
 * The network that was trained here last, if it is of this architecture; else the one that is shipped.
 * @throws MlError MODEL_UNREADABLE, MODEL_HASH_MISMATCH: the shipped one can't be used; what reading it throws
 */
export function readModel(
  { kept, shipped }: { readonly kept: string; readonly shipped: string },
  architecture: Architecture,
  log: StageLog,
): TrainedModel {
  try {
    return modelOf(kept, architecture);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code !== "ENOENT") log.warn({ code, path: kept }, "the saved network isn't used: the shipped one is");
  }
  return modelOf(shipped, architecture);
}

function modelOf(path: string, architecture: Architecture): TrainedModel {
  const { network, ridge, hash } = loadModel(readFileSync(path, "utf8"));
  if (ridge && network.settings.architecture === architecture) return { network, ridge, hash };
  network.dispose();
  throw new MlError("MODEL_UNREADABLE", `${path} has no ${architecture} that forecasts shards`);
}

/** Trains the scaler's network on what was measured, again and again, until it is stopped; keeps it in a file. */
export async function trainAgainAndAgain(
  scaler: Scaler,
  path: string,
  everyMs: number,
  clock: Clock,
  log: StageLog,
  isStopped: () => boolean,
): Promise<void> {
  const firstAfterMs = Math.min(FIRST_AFTER_MS, everyMs);
  let waitMs = firstAfterMs;
  for (let round = 1; ; round++) {
    const untilMs = clock.now() + waitMs;
    while (clock.now() < untilMs) {
      if (isStopped()) return;
      await sleep(clock, Math.min(LOOK_MS, untilMs - clock.now()));
    }
    waitMs = everyMs;
    const before = scaler.model;
    const refresh = before && beginRefresh(before, scaler.lessons, round);
    if (!refresh) {
      waitMs = firstAfterMs;
      continue;
    }
    while (!refresh.turn()) {
      if (isStopped()) return;
      await sleep(clock, TURN_PAUSE_MS);
    }
    const result = refresh.result();
    log.info({ round, isBetter: result !== undefined }, TRAINING_ENDS);
    if (!result) continue;
    const { text, ...model } = result;
    scaler.model = model;
    before.network.dispose();
    // A file that is half written would be none after a crash.
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
    log.info({ hash: model.hash, round }, "the network is another from now on");
  }
}
