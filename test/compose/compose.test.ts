import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { STAGE_NAMES } from "../../runtime/process/stages.js";
import { environmentName, OPTIONS } from "../../runtime/settings.js";

interface Service {
  readonly image?: string;
  readonly command?: string[];
  readonly container_name?: string;
  readonly ports?: string[];
  readonly environment?: Record<string, string>;
  readonly volumes?: string[];
  readonly depends_on?: Record<string, { condition: string }>;
  readonly healthcheck?: unknown;
}

interface Compose {
  readonly services: Record<string, Service>;
  readonly volumes: Record<string, unknown>;
}

const root = new URL("../../", import.meta.url);
const compose = parse(readFileSync(new URL("docker-compose.yml", root), "utf8"), { merge: true }) as Compose;
const services = Object.entries(compose.services);
const ours = services.filter(([, service]) => service.image === "rustorium:local");

/** Names of the services that run this stage. */
function running(stage: string): string[] {
  return ours
    .filter(([, { command }]) => command?.[0] === "run" && command[1] === stage)
    .map(([name]) => name);
}

/** Services that `--scale` may multiply: everything that runs a stage. */
const scalable = ours.filter(([, { command }]) => command?.[0] === "run");

describe("docker-compose.yml", () => {
  it.each(STAGE_NAMES.filter((stage) => stage !== "vote"))(
    "runs the stage %s in a service of its name",
    (stage) => {
      expect(running(stage)).toEqual([stage]);
    },
  );

  it("runs no stage that does not exist", () => {
    for (const [name, { command }] of scalable) expect(STAGE_NAMES, name).toContain(command?.[1]);
  });

  it("runs four validators, each with its own number", () => {
    const numbers = running("vote").map((name) => {
      const command = compose.services[name]!.command!;
      expect(command.slice(0, 3)).toEqual(["run", "vote", "--validator"]);
      expect(name).toBe(`validator-${command[3]}`);
      return command[3];
    });
    expect(numbers.sort()).toEqual(["1", "2", "3", "4"]);
  });

  it.each(scalable)("lets %s be scaled: no fixed name, no host port, no shared store", (_name, service) => {
    expect(service.container_name).toBeUndefined();
    expect(service.ports).toBeUndefined();
    const stores = service.environment!.RUSTORIUM_STORES!;
    expect(service.volumes!.map((volume) => volume.split(":")[1])).not.toContain(stores);
  });

  it("publishes no host port twice", () => {
    const ports = services
      .flatMap(([, service]) => service.ports ?? [])
      .map((port) => port.split(":").at(-2));
    expect(new Set(ports).size).toBe(ports.length);
  });

  it.each(services)(
    "%s waits only for services that exist, in a state that they can reach",
    (_name, service) => {
      for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
        expect(compose.services[other], other).toBeDefined();
        if (condition === "service_healthy")
          expect(compose.services[other]!.healthcheck, other).toBeDefined();
        if (condition === "service_completed_successfully") expect(other).toBe("init");
      }
    },
  );

  it("waits for the genesis wherever a process needs it", () => {
    for (const [name, service] of ours) {
      const waited = service.depends_on?.init?.condition;
      expect(waited, name).toBe(name === "init" ? undefined : "service_completed_successfully");
    }
  });

  it.each(ours)("%s has the network's settings and its secrets", (name, service) => {
    const { RUSTORIUM_PORT, RUSTORIUM_HOST, ...common } = service.environment!;
    expect(common).toEqual({
      RUSTORIUM_BROKERS: "redpanda:9092",
      RUSTORIUM_REGISTRY: "http://redpanda:8081",
      RUSTORIUM_NETWORK: "rustorium",
      RUSTORIUM_SESSION_TIMEOUT_MS: "2000",
      RUSTORIUM_HOME: "/secrets",
      RUSTORIUM_STORES: "/stores",
    });
    expect(RUSTORIUM_PORT).toBe(name === "gateway" ? "8080" : undefined);
    // Its container's own address would be out of reach of the published port.
    expect(RUSTORIUM_HOST).toBe(name === "gateway" ? "0.0.0.0" : undefined);
    expect(service.volumes).toEqual(["secrets:/secrets"]);
  });

  it("sets only settings that exist", () => {
    const known = OPTIONS.map(environmentName);
    for (const [name, service] of ours) {
      for (const variable of Object.keys(service.environment!)) expect(known, name).toContain(variable);
    }
  });

  it("declares every volume that it mounts, and mounts every volume that it declares", () => {
    const mounted = services
      .flatMap(([, service]) => service.volumes ?? [])
      .map((volume) => volume.split(":")[0]);
    expect([...new Set(mounted)].sort()).toEqual(Object.keys(compose.volumes).sort());
  });

  it("pins every foreign image to a version", () => {
    for (const [name, { image }] of services) {
      if (image !== "rustorium:local") expect(image, name).toMatch(/^redpandadata\/[a-z]+:v\d+\.\d+\.\d+$/);
    }
  });
});

describe("Dockerfile", () => {
  const dockerfile = readFileSync(new URL("Dockerfile", root), "utf8");

  it("runs the command line without privileges", () => {
    expect(dockerfile).toContain('ENTRYPOINT ["node", "bin/rustorium.js"]');
    expect(dockerfile.lastIndexOf("USER node")).toBeGreaterThan(dockerfile.lastIndexOf("FROM "));
  });

  it("gives the unprivileged user the directories that the services write to", () => {
    const { RUSTORIUM_HOME, RUSTORIUM_STORES } = compose.services.execute!.environment!;
    expect(dockerfile).toContain(`chown node:node ${RUSTORIUM_HOME} ${RUSTORIUM_STORES}`);
  });
});
