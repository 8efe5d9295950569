import { describe, expect, it } from "vitest";
import { SCHEMAS } from "../../schemas/generated.js";
import { CATALOGUE, partitionsOf, subjectOf, topic, topicOnCluster } from "../../topics/catalogue.js";
import { brokerConfiguration } from "../../topics/configuration.js";
import { SIMULATED_GROUPS } from "../support/stages.js";

const STAGES = ["validate", "shard-assign", "execute", "vote", "finalize", "checkpoint", "notify", "relay"];
const WRITERS = [...STAGES, "anyone", "tool", "meter", "scaler"];
const READERS = [...STAGES, "gateway", "meter", "scaler"];

describe("the catalogue of topics", () => {
  it("names each topic once, with a value type that exists, known writers and readers, and a purpose", () => {
    const names = CATALOGUE.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const entry of CATALOGUE) {
      expect(Object.keys(SCHEMAS), entry.name).toContain(entry.value);
      for (const writer of entry.writers) expect(WRITERS, entry.name).toContain(writer);
      for (const reader of entry.readers) expect(READERS, entry.name).toContain(reader);
      expect(entry.writers.length, entry.name).toBeGreaterThan(0);
      expect(entry.readers.length, entry.name).toBeGreaterThan(0);
      expect(entry.about.length, entry.name).toBeGreaterThan(10);
      expect(entry.key.length, entry.name).toBeGreaterThan(2);
      expect(entry.name).toMatch(/^[a-z]+(?:[.-][a-z]+)*$/);
    }
  });

  it("names as readers the stages that have it as input, and no others", () => {
    for (const { name, readers } of CATALOGUE) {
      const inputs = SIMULATED_GROUPS.filter(({ inputs }) => inputs.includes(name)).map(({ name }) => name);
      for (const stage of new Set(inputs)) expect(readers, name).toContain(stage);
    }
  });

  it("has every topic of the design, and keeps shard.* and transactions* partitioned alike", () => {
    const names = CATALOGUE.map(({ name }) => name as string);
    for (const name of [
      ...["transactions", "transactions.validated", "transactions.rejected", "shard.log", "shard.blocks"],
      ...["shard.receipts", "shard.changes", "shard.state", "shard.votes", "shard.finalized"],
      ...["notifications", "topology", "validators"],
    ]) {
      expect(names).toContain(name);
    }
    for (const { name, partitioning } of CATALOGUE) {
      if (name.startsWith("shard.")) expect(partitioning, name).toBe("shard");
      if (name.startsWith("transactions")) expect(partitioning, name).toBe("source");
    }
    expect(partitionsOf("shard.log", { source: 4, shard: 5 })).toBe(5);
    expect(partitionsOf("transactions", { source: 4, shard: 5 })).toBe(4);
    expect(partitionsOf("topology", { source: 4, shard: 5 })).toBe(1);
  });

  it("lets only those write the log that the rules allow, and finalize alone certified state", () => {
    expect([...topic("shard.log").writers].sort()).toEqual(["execute", "relay", "shard-assign", "tool"]);
    expect(topic("shard.state").writers).toEqual(["finalize"]);
    expect(topic("shard.finalized").writers).toEqual(["finalize"]);
    for (const name of ["topology", "validators"] as const) {
      expect([...topic(name).writers].sort(), name).toEqual(["finalize", "tool"]);
    }
  });

  it("keeps what can't be made again: the log, votes and certificates for ever, state compacted", () => {
    for (const name of ["shard.log", "shard.votes", "shard.finalized"] as const) {
      expect(brokerConfiguration(topic(name))).toMatchObject({
        "cleanup.policy": "delete",
        "retention.ms": "-1",
        "retention.bytes": "-1",
      });
    }
    for (const name of ["shard.state", "genesis", "topology", "validators"] as const) {
      expect(brokerConfiguration(topic(name))["cleanup.policy"]).toBe("compact");
    }
    for (const entry of CATALOGUE) {
      expect(brokerConfiguration(entry)["message.timestamp.type"], entry.name).toBe("LogAppendTime");
    }
  });

  it("writes full names with the network's prefix, dots only", () => {
    expect(topicOnCluster("demo", "shard.log")).toBe("demo.shard.log");
    expect(subjectOf("demo", "shard.log")).toBe("demo.shard.log-value");
  });
});
