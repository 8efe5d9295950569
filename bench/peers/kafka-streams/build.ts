import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { PROJECT_ROOT } from "../../../cli/project-root.js";
import { beginStaging, withFetchLock } from "../../../runtime/embedded/fetch-jars.js";
import { runMaven } from "../../../runtime/embedded/maven.js";

/** How much of the sources' hash names a directory. */
const HASH_LENGTH = 12;
const SOURCES = join(PROJECT_ROOT, "bench", "peers", "kafka-streams");
const POM = join(SOURCES, "pom.xml");

/** A built peer. */
export interface PeerBuild {
  readonly classPath: string;
}

/** Where a build is kept, and where progress goes. */
export interface BuildOptions {
  /** Default `.rustorium/runtime` of the project, as for the broker's jars. */
  readonly runtimeDirectory?: string;
  /** Takes one line at a time; default standard error. */
  readonly log?: (line: string) => void;
}

/** Whether the peer is built as its sources are now, so that no Maven is needed. */
export function peerIsBuilt(options: BuildOptions = {}): boolean {
  return existsSync(join(directoryOf(options), "complete"));
}

/**
 * Builds the Kafka Streams job with Maven, or finds it built. Safe to call from many processes.
 * @throws EmbeddedError MAVEN_MISSING or FETCH_FAILED
 */
export async function buildPeer(options: BuildOptions = {}): Promise<PeerBuild> {
  const log = options.log ?? ((line: string) => void process.stderr.write(`${line}\n`));
  const directory = directoryOf(options);
  if (!peerIsBuilt(options)) {
    mkdirSync(dirname(directory), { recursive: true });
    await withFetchLock(`${directory}.lock`, log, async () => {
      if (!peerIsBuilt(options)) await build(directory, log);
    });
  }
  const jars = readdirSync(join(directory, "jars"))
    .sort()
    .map((name) => join(directory, "jars", name));
  return { classPath: [join(directory, "classes"), ...jars].join(delimiter) };
}

async function build(directory: string, log: (line: string) => void): Promise<void> {
  log("building the Kafka Streams peer with Maven (first run only, about 110 MB)");
  const staging = beginStaging(directory);
  rmSync(directory, { recursive: true, force: true });
  try {
    const summary = await runMaven({
      pomFile: POM,
      phase: "process-classes",
      properties: { "peer.directory": staging },
      what: "building the Kafka Streams peer",
      log,
    });
    writeFileSync(join(staging, "complete"), `${new Date().toISOString()}\n`);
    renameSync(staging, directory);
    log(`built: ${summary}`);
  } catch (thrown) {
    rmSync(staging, { recursive: true, force: true });
    throw thrown;
  }
}

/** The directory of these sources; changed ones have another. */
function directoryOf(options: BuildOptions): string {
  const hash = createHash("sha256").update(readFileSync(POM));
  const sources = readdirSync(join(SOURCES, "src"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const file of sources) hash.update(file.slice(SOURCES.length)).update(readFileSync(file));
  const runtime = options.runtimeDirectory ?? join(PROJECT_ROOT, ".rustorium", "runtime");
  return resolve(runtime, `peer-${hash.digest("hex").slice(0, HASH_LENGTH)}`);
}
