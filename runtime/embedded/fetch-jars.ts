import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, delimiter, dirname, join, resolve } from "node:path";
import { EmbeddedError } from "./errors.js";
import { runMaven } from "./maven.js";
import { claim, release } from "./ownership.js";
import { pause } from "./time.js";

/** A caller gives up when another one has been fetching for this long. */
const LOCK_TIMEOUT_MS = 15 * 60_000;
/** How often a waiting caller looks again. */
const LOCK_POLL_MS = 200;
/** How much of the pom's hash names a directory. */
const HASH_LENGTH = 12;

/** Where the Java programs are once they have been fetched. */
export interface JarLocations {
  /** Directory of this pom's jars; the class archives are kept here too. */
  readonly directory: string;
  /** The broker's class path. */
  readonly kafkaClassPath: string;
  /** The registry's runnable jar. */
  readonly registryJar: string;
}

/** What fetching needs to know. */
export interface FetchOptions {
  readonly projectRoot: string;
  /** Kept here and shared by all data directories; default `.rustorium/runtime` of the project. */
  readonly runtimeDirectory?: string | undefined;
  readonly log: (line: string) => void;
}

/** The directory that this project's pom.xml asks for; another pom has another directory. */
export function jarDirectory(options: Omit<FetchOptions, "log">): string {
  const pom = readFileSync(join(options.projectRoot, "pom.xml"));
  const hash = createHash("sha256").update(pom).digest("hex").slice(0, HASH_LENGTH);
  return resolve(
    options.runtimeDirectory ?? join(options.projectRoot, ".rustorium", "runtime"),
    `jars-${hash}`,
  );
}

/** The fetched programs, or undefined when a fetch is due. Costs one directory listing. */
export function findJars(directory: string): JarLocations | undefined {
  if (!existsSync(join(directory, "complete"))) return undefined;
  const registry = join(directory, "registry");
  const runner = readdirSync(registry).find((name) => name.endsWith("-runner.jar"));
  const jars = readdirSync(join(directory, "kafka")).filter((name) => name.endsWith(".jar"));
  if (runner === undefined || jars.length === 0) return undefined;
  // Sorted: a class archive is bound to the exact class path.
  const kafkaClassPath = jars
    .sort()
    .map((name) => join(directory, "kafka", name))
    .join(delimiter);
  return { directory, kafkaClassPath, registryJar: join(registry, runner) };
}

/** Returns the programs, running Maven first if this pom's have not been fetched yet. Safe to call from many processes. */
export async function fetchJars(options: FetchOptions): Promise<JarLocations> {
  const directory = jarDirectory(options);
  const ready = findJars(directory);
  if (ready !== undefined) return ready;
  mkdirSync(resolve(directory, ".."), { recursive: true });
  return withFetchLock(`${directory}.lock`, options.log, async () => {
    const found = findJars(directory);
    if (found !== undefined) return found;
    const staging = beginStaging(directory);
    rmSync(directory, { recursive: true, force: true });
    await fill(options, staging);
    writeFileSync(join(staging, "complete"), `${new Date().toISOString()}\n`);
    renameSync(staging, directory);
    const fetched = findJars(directory);
    if (fetched !== undefined) return fetched;
    throw new EmbeddedError(
      "FETCH_FAILED",
      `Maven succeeded but ${directory} lacks the broker or the registry`,
    );
  });
}

/**
 * Name of a directory to fill before it is renamed to `directory`; what callers that were killed left is removed.
 * Call it holding the lock.
 */
export function beginStaging(directory: string): string {
  const prefix = `${basename(directory)}.staging-`;
  for (const name of readdirSync(dirname(directory))) {
    if (name.startsWith(prefix)) rmSync(join(dirname(directory), name), { recursive: true, force: true });
  }
  return join(dirname(directory), `${prefix}${process.pid}`);
}

/** Runs `work` while no other process does; waits for one that does. */
export async function withFetchLock<Result>(
  path: string,
  log: (line: string) => void,
  work: () => Promise<Result>,
): Promise<Result> {
  const deadlineMs = performance.now() + LOCK_TIMEOUT_MS;
  for (let waited = false; ; waited = true) {
    const attempt = claim(path);
    if (attempt.taken) break;
    if (performance.now() > deadlineMs) {
      throw new EmbeddedError(
        "FETCH_LOCK_TIMEOUT",
        `process ${attempt.owner.pid} has held ${path} for too long; end it and try again`,
      );
    }
    if (!waited) log(`waiting for process ${attempt.owner.pid}, which is preparing the same files`);
    await pause(LOCK_POLL_MS);
  }
  try {
    return await work();
  } finally {
    release(path);
  }
}

/** Fills `staging` by Maven, with a progress line now and then. */
async function fill(options: FetchOptions, staging: string): Promise<void> {
  options.log("fetching the broker and the registry with Maven (first run only, about 200 MB)");
  try {
    const summary = await runMaven({
      pomFile: join(options.projectRoot, "pom.xml"),
      phase: "generate-resources",
      properties: { "runtime.directory": staging },
      what: "fetching the broker and the registry",
      log: options.log,
    });
    options.log(`fetched: ${summary}`);
  } catch (thrown) {
    rmSync(staging, { recursive: true, force: true });
    throw thrown;
  }
}
