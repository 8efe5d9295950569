import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  GenericContainer,
  getContainerRuntimeClient,
  RandomPortGenerator,
  type StartedTestContainer,
  Wait,
} from "testcontainers";
import { afterAll, beforeAll, describe } from "vitest";
import { parse } from "yaml";
import { describePipeline } from "./scenario.js";
import { PROJECT_ROOT, START_TIMEOUT_MS, testSettings } from "./support.js";

/** The first run pulls the image. */
const PULL_TIMEOUT_MS = 10 * 60_000;
/** Ports in the container, as docker-compose.yml has them. */
const BROKER_PORT = 19_092;
const REGISTRY_PORT = 8_081;

/** Address of the container engine's ports; undefined where no engine answers, a lone `docker` program included. */
const host = await getContainerRuntimeClient().then(
  ({ info }) => info.containerRuntime.host,
  () => undefined,
);
const title = host ? "Redpanda" : "Redpanda: skipped, no container engine (Docker) answers here";

describe.skipIf(host === undefined)(title, () => {
  let home: string;
  let container: StartedTestContainer | undefined;
  let brokers: string[];

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), "rustorium-redpanda-test-"));
    const port = await new RandomPortGenerator().generatePort();
    const { image, command } = composeService("redpanda");
    // Clients are told where to find the broker, so its port on the host has to be known before it starts.
    brokers = [`${host}:${port}`];
    container = await new GenericContainer(image)
      .withHostname("redpanda")
      .withCommand(command.map((part) => part.replace(`localhost:${BROKER_PORT}`, brokers[0]!)))
      .withExposedPorts({ container: BROKER_PORT, host: port }, REGISTRY_PORT)
      .withWaitStrategy(Wait.forAll([Wait.forListeningPorts(), Wait.forHttp("/subjects", REGISTRY_PORT)]))
      .withStartupTimeout(START_TIMEOUT_MS)
      .start();
  }, PULL_TIMEOUT_MS);

  afterAll(async () => {
    await container?.stop();
    rmSync(home, { recursive: true, force: true });
  });

  describePipeline("Redpanda in a container", async () => ({
    settings: (network) => {
      const registry = `http://${container!.getHost()}:${container!.getMappedPort(REGISTRY_PORT)}`;
      return testSettings(home, network, brokers, registry);
    },
    stop: () => Promise.resolve(),
  }));
});

/** The broker is run as docker-compose.yml does. */
function composeService(name: string): { image: string; command: string[] } {
  const text = readFileSync(join(PROJECT_ROOT, "docker-compose.yml"), "utf8");
  const compose = parse(text, { merge: true }) as {
    services: Record<string, { image: string; command: string[] }>;
  };
  return compose.services[name]!;
}
