import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { EmbeddedError } from "./errors.js";
import { claim, isRunning, type ProcessMark, recordChild, release } from "./ownership.js";
import { sendSignal } from "./processes.js";
import { pause } from "./time.js";

/** How long an orphan of a dead owner may take to stop before it is killed. */
const ORPHAN_TIMEOUT_MS = 10_000;
/** How often we look whether it has ended. */
const ORPHAN_POLL_MS = 50;

/** Present in every directory that we made: `fresh` deletes only where it finds this. */
const MARKER = "rustorium-embedded";
const LOCK = "owner.json";

/** A data directory that this process holds. */
export interface DataDirectory {
  readonly path: string;
  readonly broker: string;
  readonly registry: string;
  readonly brokerLog: string;
  readonly registryLog: string;
  /** Remembers a child, for the next owner to end should we die. */
  recordChild(name: string, pid: number): void;
  release(): void;
}

/**
 * Takes a data directory for this process, ending what a dead owner left running, and emptying it first when `fresh`.
 * @throws EmbeddedError DATA_DIRECTORY_IN_USE while its owner lives
 */
export async function openDataDirectory(
  dataDirectory: string,
  fresh: boolean,
  log: (line: string) => void,
): Promise<DataDirectory> {
  const path = resolve(dataDirectory);
  mkdirSync(path, { recursive: true });
  const lock = join(path, LOCK);
  const attempt = claim(lock);
  if (!attempt.taken) {
    throw new EmbeddedError(
      "DATA_DIRECTORY_IN_USE",
      `${path} is in use by process ${attempt.owner.pid}; stop it, or choose another data directory`,
    );
  }
  try {
    for (const orphan of attempt.orphans) await endOrphan(orphan, log);
    if (fresh && existsSync(join(path, MARKER))) {
      for (const name of ["broker", "registry", "logs"])
        rmSync(join(path, name), { recursive: true, force: true });
    }
    writeFileSync(
      join(path, MARKER),
      "broker and schema registry of Rustorium; delete this directory to start anew\n",
    );
    for (const name of ["broker", "registry", "logs"]) mkdirSync(join(path, name), { recursive: true });
  } catch (thrown) {
    release(lock);
    throw thrown;
  }
  return {
    path,
    broker: join(path, "broker"),
    registry: join(path, "registry"),
    brokerLog: join(path, "logs", "broker.log"),
    registryLog: join(path, "logs", "registry.log"),
    recordChild: (name, pid) => recordChild(lock, name, pid),
    release: () => release(lock),
  };
}

async function endOrphan(orphan: ProcessMark, log: (line: string) => void): Promise<void> {
  log(`ending process ${orphan.pid}, which an earlier run left behind`);
  sendSignal(orphan.pid, "SIGTERM");
  const deadlineMs = performance.now() + ORPHAN_TIMEOUT_MS;
  while (isRunning(orphan)) {
    if (performance.now() > deadlineMs) sendSignal(orphan.pid, "SIGKILL");
    await pause(ORPHAN_POLL_MS);
  }
}
