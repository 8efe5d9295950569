import { execFile } from "node:child_process";
import { EmbeddedError } from "./errors.js";
import { LOOPBACK } from "./ports.js";

/** Pulling the image on a slow line is the slow case. */
const UP_TIMEOUT_MS = 15 * 60_000;
/** Longest wait for the container to stop. */
const STOP_TIMEOUT_MS = 60_000;

/** The service of docker-compose.yml, and the host ports that it publishes there. */
const SERVICE = "redpanda";
const BROKER_PORT = 19_092;
const REGISTRY_PORT = 8_081;

/** A broker with its built-in schema registry, run by Docker. */
export interface DockerSystem {
  readonly brokers: string[];
  /** Base URL that a Confluent registry client takes as its host. */
  readonly registryUrl: string;
  /** Stops the container; its volume stays. */
  stop(): Promise<void>;
}

/** Starts the `redpanda` service of the project's docker-compose.yml and waits until it is healthy. */
export async function startDockerRedpanda(options: {
  readonly projectRoot: string;
  readonly log: (line: string) => void;
}): Promise<DockerSystem> {
  options.log("starting Redpanda with Docker (the first run pulls its image)");
  await compose(options.projectRoot, ["up", "-d", "--wait", SERVICE], UP_TIMEOUT_MS);
  return {
    brokers: [`${LOOPBACK}:${BROKER_PORT}`],
    registryUrl: `http://${LOOPBACK}:${REGISTRY_PORT}`,
    stop: () => compose(options.projectRoot, ["stop", SERVICE], STOP_TIMEOUT_MS),
  };
}

function compose(projectRoot: string, argumentsList: readonly string[], timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = { cwd: projectRoot, timeout: timeoutMs };
    execFile("docker", ["compose", ...argumentsList], options, (cause, _stdout, stderr) => {
      if (cause === null) return resolve();
      const message = `docker compose ${argumentsList.join(" ")} failed: ${stderr.trim() || cause.message}`;
      reject(new EmbeddedError("DOCKER_FAILED", message, { cause }));
    });
  });
}
