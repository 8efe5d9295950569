import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { ArchiveUse } from "./class-archive.js";
import { EmbeddedError } from "./errors.js";
import { type JavaChild, startJava } from "./java-child.js";
import { type ProxiedListener, renderLoggingProperties, renderServerProperties } from "./kafka-config.js";
import { brokerAnswers } from "./kafka-probe.js";
import { warmUpCoordinators } from "./kafka-warmup.js";
import { LOOPBACK } from "./ports.js";
import { pause } from "./time.js";

/** A broker that has not answered after this long is given up. Recovery after a crash is the slow case. */
const START_TIMEOUT_MS = 90_000;
/** How often we ask whether it answers. */
const START_POLL_MS = 50;
/** How long writing the empty cluster's files may take. */
const FORMAT_TIMEOUT_MS = 60_000;

/** Enough for bursts of 10 MiB batches, little enough for a laptop. */
const HEAP = ["-Xms128m", "-Xmx512m"];
/**
 * The quick compiler only. Measured on two cores: the broker starts 20 % sooner, needs 50 MB less and half the
 * processor time of the first two minutes; after some minutes of full load the optimising compiler would need about
 * a third less than this.
 */
const QUICK_COMPILER = "-XX:TieredStopAtLevel=1";
const COMMON_FLAGS = ["-XX:-UsePerfData", "-XX:+UseSerialGC", "-Djava.awt.headless=true"];

/** Where and how the broker runs. */
export interface BrokerOptions {
  readonly java: string;
  readonly classPath: string;
  /** The broker's own directory: its configuration, logs and data. */
  readonly directory: string;
  readonly logFile: string;
  readonly brokerPort: number;
  readonly controllerPort: number;
  readonly proxied?: ProxiedListener | undefined;
  readonly archive: ArchiveUse;
  /** Let Java optimise fully; pays after minutes of load. */
  readonly optimizing?: boolean;
  readonly stopTimeoutMs?: number;
}

/** A broker that answers. */
export interface RunningBroker {
  readonly child: JavaChild;
  /** host:port for Kafka clients. */
  readonly address: string;
}

/** Formats the directory if it is new, starts the broker and waits until it answers. */
export async function startBroker(
  options: BrokerOptions,
  onChild: (child: JavaChild) => void = () => {},
): Promise<RunningBroker> {
  const logDirectory = join(options.directory, "log");
  mkdirSync(options.directory, { recursive: true });
  const { brokerPort, controllerPort, proxied } = options;
  const properties = join(options.directory, "server.properties");
  writeFileSync(properties, renderServerProperties({ brokerPort, controllerPort, proxied, logDirectory }));
  writeFileSync(join(options.directory, "log4j2.properties"), renderLoggingProperties());
  if (!existsSync(join(logDirectory, "meta.properties"))) await format(options, properties, onChild);
  const flags = [...HEAP, ...(options.optimizing ? [] : [QUICK_COMPILER]), ...options.archive.flags];
  const child = runKafka(options, flags, ["kafka.Kafka", properties]);
  onChild(child);
  await waitUntilReady(child, options);
  await warmUpCoordinators(LOOPBACK, options.brokerPort);
  return { child, address: `${LOOPBACK}:${brokerPort}` };
}

/** The cluster id, made once and kept beside the data. */
function clusterId(directory: string): string {
  const file = join(directory, "cluster-id");
  if (!existsSync(file)) {
    const bytes = Buffer.from(randomUUID().replaceAll("-", ""), "hex");
    // A leading dash would look like an option to the storage tool.
    writeFileSync(file, bytes.toString("base64url").replace(/^-/, "A"));
  }
  return readFileSync(file, "utf8").trim();
}

/** Writes the empty cluster's files by Kafka's own tool. */
async function format(
  options: BrokerOptions,
  properties: string,
  onChild: (child: JavaChild) => void,
): Promise<void> {
  const flags = [QUICK_COMPILER, ...options.archive.readFlags];
  const tool = ["kafka.tools.StorageTool", "format", "-t", clusterId(options.directory), "-c", properties];
  const child = runKafka(options, flags, tool);
  onChild(child);
  const timer = setTimeout(() => void child.stop(), FORMAT_TIMEOUT_MS);
  const end = await child.ended;
  clearTimeout(timer);
  if (end.code === 0) return;
  throw new EmbeddedError(
    "BROKER_FORMAT_FAILED",
    `the broker's directory could not be prepared (exit ${end.code ?? end.signal}):\n${end.lastLines.join("\n")}`,
  );
}

function runKafka(options: BrokerOptions, flags: readonly string[], program: readonly string[]): JavaChild {
  const logging = pathToFileURL(join(options.directory, "log4j2.properties")).href;
  return startJava({
    java: options.java,
    arguments: [
      ...COMMON_FLAGS,
      ...flags,
      `-Dlog4j2.configurationFile=${logging}`,
      "-cp",
      options.classPath,
      ...program,
    ],
    workingDirectory: options.directory,
    logFile: options.logFile,
    ...(options.stopTimeoutMs === undefined ? {} : { stopTimeoutMs: options.stopTimeoutMs }),
  });
}

/** Asks until the broker counts itself as alive; stops it when that takes too long. */
async function waitUntilReady(child: JavaChild, options: BrokerOptions): Promise<void> {
  const deadlineMs = performance.now() + START_TIMEOUT_MS;
  while (!(await brokerAnswers(LOOPBACK, options.brokerPort))) {
    if (child.hasEnded()) {
      const end = await child.ended;
      throw new EmbeddedError(
        "BROKER_START_FAILED",
        `the broker ended (exit ${end.code ?? end.signal}); its log is ${options.logFile}:\n${end.lastLines.join("\n")}`,
      );
    }
    if (performance.now() > deadlineMs) {
      await child.stop();
      throw new EmbeddedError(
        "BROKER_START_TIMEOUT",
        `the broker did not answer on port ${options.brokerPort} in time; its log is ${options.logFile}`,
      );
    }
    await pause(START_POLL_MS);
  }
}
