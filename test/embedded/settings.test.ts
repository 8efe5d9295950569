import { describe, expect, it } from "vitest";
import { MESSAGE_BYTES_MAX, renderServerProperties } from "../../runtime/embedded/kafka-config.js";
import { parseMavenLine } from "../../runtime/embedded/maven-progress.js";
import { renderRegistryProperties } from "../../runtime/embedded/schema-registry.js";

/** Reads `name=value` lines. */
function parseProperties(lines: readonly string[]): Map<string, string> {
  return new Map(
    lines.filter((line) => line !== "").map((line) => line.split(/=(.*)/s, 2) as [string, string]),
  );
}

describe("the broker's configuration", () => {
  const text = renderServerProperties({ brokerPort: 1001, controllerPort: 1002, logDirectory: "/data/log" });
  const properties = parseProperties(text.split("\n"));

  it("listens on the loopback address only", () => {
    expect(properties.get("listeners")).toBe("CLIENTS://127.0.0.1:1001,CONTROLLER://127.0.0.1:1002");
    expect(properties.get("advertised.listeners")).toBe("CLIENTS://127.0.0.1:1001");
    expect(properties.get("controller.quorum.voters")).toBe("1@127.0.0.1:1002");
  });

  it("needs one replica everywhere", () => {
    for (const name of [
      "default.replication.factor",
      "min.insync.replicas",
      "offsets.topic.replication.factor",
      "transaction.state.log.replication.factor",
      "transaction.state.log.min.isr",
    ]) {
      expect(properties.get(name), name).toBe("1");
    }
  });

  it("makes no topic unasked, rebalances at once and takes large records", () => {
    expect(properties.get("auto.create.topics.enable")).toBe("false");
    expect(properties.get("group.initial.rebalance.delay.ms")).toBe("0");
    expect(properties.get("message.max.bytes")).toBe(String(MESSAGE_BYTES_MAX));
  });

  it("keeps segments small, but not smaller than a batch that it takes", () => {
    const segmentBytes = Number(properties.get("log.segment.bytes"));
    expect(segmentBytes).toBeGreaterThanOrEqual(MESSAGE_BYTES_MAX);
    expect(segmentBytes).toBeLessThanOrEqual(16 * 1024 * 1024);
  });

  it("escapes the backslashes of a path", () => {
    const windows = renderServerProperties({ brokerPort: 1, controllerPort: 2, logDirectory: "C:\\data" });
    expect(windows).toContain("log.dirs=C:\\\\data");
  });
});

describe("the registry's configuration", () => {
  const properties = parseProperties(renderRegistryProperties("/data/registry", 1003));

  it("listens on the loopback address only", () => {
    expect(properties.get("-Dquarkus.http.host")).toBe("127.0.0.1");
    expect(properties.get("-Dquarkus.http.port")).toBe("1003");
  });

  it("keeps schemas in a file and writes each before it answers", () => {
    const url = properties.get("-Dquarkus.datasource.jdbc.url");
    expect(url).toMatch(/^jdbc:h2:file:\/data\/registry\/schemas;/);
    expect(url).toContain(";WRITE_DELAY=0");
  });
});

describe("Maven's progress", () => {
  it.each([
    ["[INFO] Downloading from central: https://host/a/b/b-1.jar", { kind: "begin", file: "b-1.jar" }],
    [
      "[INFO] Downloaded from mirror: https://host/a/b/b-1.jar (1.6 MB at 4.9 MB/s)",
      { kind: "done", file: "b-1.jar", bytes: 1_600_000 },
    ],
    [
      "Downloaded from central: https://host/a/b.pom (7.5 kB at 356 kB/s)",
      { kind: "done", file: "b.pom", bytes: 7_500 },
    ],
    ["[INFO] BUILD SUCCESS", { kind: "other" }],
  ])("is read from %j", (line, expected) => {
    expect(parseMavenLine(line)).toEqual(expected);
  });
});
