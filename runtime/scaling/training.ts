import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { loadModel, saveModel } from "../../ml/network/saved-model.js";
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

/** The network in a file; undefined: there is none, or none of this version. */
export function readModel(path: string, log: StageLog): Scaler["model"] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
  try {
    return loadModel(text);
  } catch (error) {
    const { code } = error as { code?: string };
    log.warn({ code, path }, "the saved network can't be used: another is trained");
    return undefined;
  }
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
    const refresh = beginRefresh(scaler.model?.network, scaler.lessons, round);
    if (!refresh) {
      waitMs = firstAfterMs;
      continue;
    }
    while (!refresh.turn()) {
      if (isStopped()) return;
      await sleep(clock, TURN_PAUSE_MS);
    }
    const network = refresh.result();
    log.info({ round, isBetter: network !== undefined }, TRAINING_ENDS);
    if (!network) continue;
    const { text, hash } = saveModel(network);
    const before = scaler.model;
    scaler.model = { network, hash };
    before?.network.dispose();
    // A file that is half written would be none after a crash.
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
    log.info({ hash, round }, "the network is another from now on");
  }
}
