import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "./errors.js";
import { beginStaging, type JarLocations, withFetchLock } from "./fetch-jars.js";
import { startBroker } from "./kafka-broker.js";
import { choosePorts } from "./ports.js";
import { startRegistry } from "./schema-registry.js";
import { secondsSince } from "./time.js";

/** Writing an archive at exit takes some seconds; only then is the child killed. */
const DUMP_TIMEOUT_MS = 120_000;
/** How much of a Java build's hash names its archives. */
const HASH_LENGTH = 8;

/** How a Java program uses a class archive (application class data sharing, which halves the start time). */
export interface ArchiveUse {
  /** For the long-running program. */
  readonly flags: readonly string[];
  /** For a short helper on the same class path, which only reads. */
  readonly readFlags: readonly string[];
}

/** The archives of both programs. */
export interface ClassArchives {
  readonly broker: ArchiveUse;
  readonly registry: ArchiveUse;
}

/** Starting without archives: slower, otherwise the same. */
export const NO_ARCHIVES: ClassArchives = {
  broker: { flags: [], readFlags: [] },
  registry: { flags: [], readFlags: [] },
};

/** What making the archives needs. */
export interface ArchiveOptions {
  readonly java: string;
  /** Java's exact build: an archive made by another one is useless. */
  readonly javaBuild: string;
  readonly jars: JarLocations;
  readonly log: (line: string) => void;
}

/**
 * Returns the class archives for this Java, making them first if need be: both programs run once on an empty
 * directory, and each writes down the classes it loaded when it stops. A failure costs speed, never the start.
 */
export async function ensureClassArchives(options: ArchiveOptions): Promise<ClassArchives> {
  const hash = createHash("sha256").update(options.javaBuild).digest("hex").slice(0, HASH_LENGTH);
  const directory = join(options.jars.directory, `classes-${hash}`);
  if (existsSync(directory)) return reading(directory);
  try {
    return await withFetchLock(`${directory}.lock`, options.log, async () => {
      if (!existsSync(directory)) await train(options, directory);
      return reading(directory);
    });
  } catch (thrown) {
    options.log(`class archives could not be made, starting without them: ${messageOf(thrown)}`);
    return NO_ARCHIVES;
  }
}

/** Flags that use finished archives. A JVM that finds one unfit says nothing and goes on without. */
function reading(directory: string): ClassArchives {
  const use = (name: string): ArchiveUse => {
    const flags = [
      `-XX:SharedArchiveFile=${join(directory, `${name}.jsa`)}`,
      "-Xshare:auto",
      "-Xlog:disable",
    ];
    return { flags, readFlags: flags };
  };
  return { broker: use("broker"), registry: use("registry") };
}

function writing(directory: string, name: string): ArchiveUse {
  const file = join(directory, `${name}.jsa`);
  return { flags: [`-XX:ArchiveClassesAtExit=${file}`, "-Xlog:disable"], readFlags: [] };
}

async function train(options: ArchiveOptions, directory: string): Promise<void> {
  const startMs = performance.now();
  options.log("preparing class archives for faster starts (once, about 15 s)");
  const staging = beginStaging(directory);
  mkdirSync(staging, { recursive: true });
  const scratch = join(staging, "scratch");
  mkdirSync(scratch);
  const [brokerPort = 0, controllerPort = 0, port = 0] = await choosePorts([undefined, undefined, undefined]);
  const common = { java: options.java, stopTimeoutMs: DUMP_TIMEOUT_MS };
  const runs = [
    startBroker({
      ...common,
      classPath: options.jars.kafkaClassPath,
      directory: join(scratch, "broker"),
      logFile: join(scratch, "broker.log"),
      brokerPort,
      controllerPort,
      archive: writing(staging, "broker"),
    }).then((running) => running.child.stop()),
    startRegistry({
      ...common,
      registryJar: options.jars.registryJar,
      directory: join(scratch, "registry"),
      logFile: join(scratch, "registry.log"),
      port,
      archive: writing(staging, "registry"),
    }).then((running) => running.child.stop()),
  ];
  const failed = (await Promise.allSettled(runs)).find((run) => run.status === "rejected");
  rmSync(scratch, { recursive: true, force: true });
  if (failed !== undefined) {
    rmSync(staging, { recursive: true, force: true });
    throw failed.reason;
  }
  renameSync(staging, directory);
  options.log(`class archives ready in ${secondsSince(startMs)}`);
}
