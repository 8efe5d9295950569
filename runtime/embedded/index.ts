import { ensureClassArchives, NO_ARCHIVES } from "./class-archive.js";
import { openDataDirectory } from "./data-directory.js";
import { EmbeddedError } from "./errors.js";
import { fetchJars, findJars, jarDirectory } from "./fetch-jars.js";
import type { ChildEnd, JavaChild } from "./java-child.js";
import { type RunningBroker, startBroker } from "./kafka-broker.js";
import type { ProxiedListener } from "./kafka-config.js";
import { KeptChild } from "./kept-child.js";
import { choosePorts } from "./ports.js";
import { type RunningRegistry, startRegistry } from "./schema-registry.js";
import { secondsSince } from "./time.js";
import { decideToolchain, detectJava, detectToolchain } from "./toolchain.js";

export { type DockerSystem, startDockerRedpanda } from "./docker-redpanda.js";
export { EmbeddedError, type EmbeddedErrorCode } from "./errors.js";
export {
  decideToolchain,
  detectJava,
  detectToolchain,
  type Toolchain,
  type ToolchainDecision,
} from "./toolchain.js";

/** What to start, and where. */
export interface EmbeddedOptions {
  /** Topics and schemas are kept here; one process at a time. */
  readonly dataDirectory: string;
  /** Where pom.xml is. */
  readonly projectRoot: string;
  /** Takes one line of progress at a time. */
  readonly log: (line: string) => void;
  /** Begin with empty topics and schemas. */
  readonly fresh?: boolean;
  /** Ports on 127.0.0.1; what is not given is chosen free. */
  readonly ports?: { readonly broker?: number; readonly controller?: number; readonly registry?: number };
  /** Where the fetched programs are shared; default `.rustorium/runtime` of the project. */
  readonly runtimeDirectory?: string;
  /** Make class archives on the first run, for faster starts ever after; default true. */
  readonly classArchives?: boolean;
  /** Let the broker's Java optimise fully: for runs under load that last longer than some minutes; default false. */
  readonly optimizingBroker?: boolean;
  /** Start a child that ends unasked again, on its ports and data; default false. */
  readonly restart?: boolean;
  /** A second listener, for clients behind a proxy. */
  readonly proxied?: ProxiedListener;
}

/** The end of a child that nobody asked for. */
export interface UnexpectedEnd extends ChildEnd {
  readonly child: "broker" | "registry";
  readonly logFile: string;
}

/** A running broker and schema registry. */
export interface EmbeddedSystem {
  readonly brokers: string[];
  /** Base URL that a Confluent registry client takes as its host. */
  readonly registryUrl: string;
  /** Process id of the broker that runs now, or ran last. */
  readonly brokerPid: number;
  readonly registryPid: number;
  /** Stops both and gives the data directory up. Safe to call twice. */
  stop(): Promise<void>;
  /** Calls back when a child ends without `stop`; the other keeps running until `stop`, and so this one if restarted. */
  onExit(callback: (end: UnexpectedEnd) => void): void;
}

/** Starts a Kafka broker and a schema registry as children of this process, fetching them first if need be. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedSystem> {
  const { java, jars, archives } = await prepare(options);
  const startMs = performance.now();
  const data = await openDataDirectory(options.dataDirectory, options.fresh ?? false, options.log);
  const children: JavaChild[] = [];
  let stopping = false;
  const stopAll = async (): Promise<void> => {
    await Promise.all(children.map((child) => child.stop()));
    data.release();
  };
  const track = (name: string) => (child: JavaChild) => {
    children.push(child);
    data.recordChild(name, child.pid);
    if (stopping) void child.stop();
  };
  let starts: readonly [Promise<RunningBroker>, Promise<RunningRegistry>] | undefined;
  try {
    const { ports, proxied } = options;
    const chosen = await choosePorts([ports?.broker, ports?.controller, ports?.registry]);
    const [brokerPort = 0, controllerPort = 0, port = 0] = chosen;
    const startingBroker = () =>
      startBroker(
        {
          java,
          classPath: jars.kafkaClassPath,
          directory: data.broker,
          logFile: data.brokerLog,
          brokerPort,
          controllerPort,
          proxied,
          archive: archives.broker,
          optimizing: options.optimizingBroker ?? false,
        },
        track("broker"),
      );
    const startingRegistry = () =>
      startRegistry(
        {
          java,
          registryJar: jars.registryJar,
          directory: data.registry,
          logFile: data.registryLog,
          port,
          archive: archives.registry,
        },
        track("registry"),
      );
    starts = [startingBroker(), startingRegistry()];
    const [broker, registry] = await Promise.all(starts);
    options.log(
      `broker ${broker.address} and schema registry ${registry.url} ready in ${secondsSince(startMs)}`,
    );
    const callbacks: ((end: UnexpectedEnd) => void)[] = [];
    const keep = (child: UnexpectedEnd["child"], first: JavaChild, logFile: string, again: StartAgain) =>
      new KeptChild(child, first, {
        startAgain: options.restart ? () => again().then((running) => running.child) : undefined,
        onEnd: (end) => {
          for (const callback of callbacks) callback({ ...end, child, logFile });
        },
        log: options.log,
      });
    const kept = {
      broker: keep("broker", broker.child, data.brokerLog, startingBroker),
      registry: keep("registry", registry.child, data.registryLog, startingRegistry),
    };
    let stopped: Promise<void> | undefined;
    const stop = async () => {
      stopping = true;
      const letGo = [kept.broker.letGo(), kept.registry.letGo()];
      await stopAll();
      await Promise.all(letGo);
    };
    return {
      brokers: [broker.address],
      registryUrl: registry.url,
      get brokerPid() {
        return kept.broker.pid;
      },
      get registryPid() {
        return kept.registry.pid;
      },
      stop: () => {
        stopped ??= stop();
        return stopped;
      },
      onExit: (callback) => void callbacks.push(callback),
    };
  } catch (thrown) {
    // The half that did not fail may be about to start its child: stop what runs, wait, and stop what came after.
    stopping = true;
    await Promise.all(children.map((child) => child.stop()));
    await Promise.allSettled(starts ?? []);
    await stopAll();
    throw thrown;
  }
}

type StartAgain = () => Promise<{ readonly child: JavaChild }>;

/** Whether the next start needs no Maven. */
export function jarsPresent(options: Pick<EmbeddedOptions, "projectRoot" | "runtimeDirectory">): boolean {
  return findJars(jarDirectory(options)) !== undefined;
}

/** Java, the programs and their class archives. */
async function prepare(options: EmbeddedOptions) {
  const present = jarsPresent(options);
  const toolchain = present ? await detectJava() : await detectToolchain();
  const decision = decideToolchain(toolchain, { jarsPresent: present, wanted: "embedded" });
  if (decision.mode === "none") throw new EmbeddedError(decision.code, decision.message);
  const jars = await fetchJars(options);
  const { java, javaBuild } = toolchain;
  const archives =
    options.classArchives === false || javaBuild === undefined
      ? NO_ARCHIVES
      : await ensureClassArchives({ java, javaBuild, jars, log: options.log });
  return { java, jars, archives };
}
