import { join } from "node:path";
import {
  decideToolchain,
  detectJava,
  detectToolchain,
  jarsPresent,
  startDockerRedpanda,
  startEmbedded,
} from "../embedded/index.js";
import { SettingError, type Settings } from "../settings.js";

/** Session time-out of stages on a broker that we configured (kafka-config.ts, docker-compose.yml), in milliseconds. */
export const OWN_SESSION_TIMEOUT_MS = 2_000;

/** Broker and registry to work on. */
export interface Cluster {
  readonly brokers: readonly string[];
  readonly registry: string;
  /** Process ids of what was started and runs now, by name. */
  pids(): ReadonlyMap<string, number>;
  /** What the stages' session time-out can be here; undefined: what any broker takes. */
  readonly sessionTimeoutMs: number | undefined;
  stop(): Promise<void>;
}

/**
 * The configured cluster, or one started here. Throws EmbeddedError with the ways to get one where there is none.
 * @param directory where a started cluster keeps its data
 */
export async function openCluster(
  settings: Settings,
  projectRoot: string,
  directory: string,
  fresh: boolean,
  say: (line: string) => void,
): Promise<Cluster> {
  const { brokers, registry } = settings;
  if (brokers.length > 0) {
    if (!registry)
      throw new SettingError("brokers are configured, but no registry: --registry or RUSTORIUM_REGISTRY");
    return {
      brokers,
      registry,
      pids: () => new Map(),
      sessionTimeoutMs: undefined,
      stop: async () => undefined,
    };
  }
  const needs = { jarsPresent: jarsPresent({ projectRoot }) };
  // With the jars here Java alone decides, quickly. startEmbedded says what to install where there is neither it nor Docker.
  const isReady = needs.jarsPresent && decideToolchain(await detectJava(), needs).mode === "embedded";
  if (!isReady && decideToolchain(await detectToolchain(), needs).mode === "docker") {
    const docker = await startDockerRedpanda({ projectRoot, log: say });
    return {
      brokers: docker.brokers,
      registry: docker.registryUrl,
      pids: () => new Map(),
      sessionTimeoutMs: OWN_SESSION_TIMEOUT_MS,
      stop: () => docker.stop(),
    };
  }
  const embedded = await startEmbedded({
    dataDirectory: join(directory, "cluster"),
    projectRoot,
    log: say,
    fresh,
    restart: true,
  });
  embedded.onExit((end) =>
    say(`the ${end.child} ended unexpectedly and is started again; its log: ${end.logFile}`),
  );
  return {
    brokers: embedded.brokers,
    registry: embedded.registryUrl,
    pids: () =>
      new Map([
        ["broker", embedded.brokerPid],
        ["registry", embedded.registryPid],
      ]),
    sessionTimeoutMs: OWN_SESSION_TIMEOUT_MS,
    stop: () => embedded.stop(),
  };
}
