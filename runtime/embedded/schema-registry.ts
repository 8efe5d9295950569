import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ArchiveUse } from "./class-archive.js";
import { EmbeddedError } from "./errors.js";
import { type JavaChild, startJava } from "./java-child.js";
import { LOOPBACK } from "./ports.js";
import { pause } from "./time.js";

/** A registry that has not answered after this long is given up. */
const START_TIMEOUT_MS = 90_000;
/** How often we ask whether it answers. */
const START_POLL_MS = 50;
/** How long one question may take. */
const QUESTION_TIMEOUT_MS = 2_000;

/** The path under which Apicurio speaks the Confluent registry's language. */
const CONFLUENT_PATH = "/apis/ccompat/v7";

/** A registry of some dozens of schemas: little heap, quick compiler, smallest collector. */
const FLAGS = [
  "-Xms48m",
  "-Xmx192m",
  "-Xss512k",
  "-XX:+UseSerialGC",
  "-XX:TieredStopAtLevel=1",
  "-XX:-UsePerfData",
  "-Djava.awt.headless=true",
];

/** Where and how the registry runs. */
export interface RegistryOptions {
  readonly java: string;
  readonly registryJar: string;
  /** The registry's own directory: its database and temporary files. */
  readonly directory: string;
  readonly logFile: string;
  readonly port: number;
  readonly archive: ArchiveUse;
  readonly stopTimeoutMs?: number;
}

/** A registry that answers. */
export interface RunningRegistry {
  readonly child: JavaChild;
  /** Base URL for a Confluent registry client. */
  readonly url: string;
}

/** Starts the registry and waits until it answers. It needs no broker, so both can start at once. */
export async function startRegistry(
  options: RegistryOptions,
  onChild: (child: JavaChild) => void = () => {},
): Promise<RunningRegistry> {
  const temporary = join(options.directory, "temporary");
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true });
  const child = startJava({
    java: options.java,
    arguments: [
      ...FLAGS,
      ...options.archive.flags,
      `-Djava.io.tmpdir=${temporary}`,
      ...renderRegistryProperties(options.directory, options.port),
      "-jar",
      options.registryJar,
    ],
    workingDirectory: options.directory,
    logFile: options.logFile,
    ...(options.stopTimeoutMs === undefined ? {} : { stopTimeoutMs: options.stopTimeoutMs }),
  });
  onChild(child);
  const url = `http://${LOOPBACK}:${options.port}${CONFLUENT_PATH}`;
  await waitUntilReady(child, url, options);
  return { child, url };
}

/**
 * System properties of the registry. It keeps its schemas in an H2 database file; WRITE_DELAY=0 writes each change
 * before it is answered, so an id that a client has seen is never given to another schema, even after SIGKILL.
 */
export function renderRegistryProperties(directory: string, port: number): string[] {
  const database = join(directory, "schemas").replaceAll("\\", "/");
  const properties: Record<string, string | number | boolean> = {
    "quarkus.http.host": LOOPBACK,
    "quarkus.http.port": port,
    "quarkus.http.io-threads": 2,
    "quarkus.thread-pool.max-threads": 8,
    "quarkus.datasource.jdbc.url": `jdbc:h2:file:${database};DB_CLOSE_ON_EXIT=FALSE;WRITE_DELAY=0`,
    "quarkus.datasource.jdbc.initial-size": 2,
    "quarkus.datasource.jdbc.min-size": 1,
    "quarkus.datasource.jdbc.max-size": 8,
    "quarkus.log.level": "WARN",
    "quarkus.banner.enabled": false,
  };
  return Object.entries(properties).map(([name, value]) => `-D${name}=${value}`);
}

/** Whether a Confluent-compatible registry answers at this base URL. */
export async function registryAnswers(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/subjects`, { signal: AbortSignal.timeout(QUESTION_TIMEOUT_MS) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

async function waitUntilReady(child: JavaChild, url: string, options: RegistryOptions): Promise<void> {
  const deadlineMs = performance.now() + START_TIMEOUT_MS;
  while (!(await registryAnswers(url))) {
    if (child.hasEnded()) {
      const end = await child.ended;
      throw new EmbeddedError(
        "REGISTRY_START_FAILED",
        `the schema registry ended (exit ${end.code ?? end.signal}); its log is ${options.logFile}:\n${end.lastLines.join("\n")}`,
      );
    }
    if (performance.now() > deadlineMs) {
      await child.stop();
      throw new EmbeddedError(
        "REGISTRY_START_TIMEOUT",
        `the schema registry did not answer on port ${options.port} in time; its log is ${options.logFile}`,
      );
    }
    await pause(START_POLL_MS);
  }
}
