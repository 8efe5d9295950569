import { describe, expect, it, vi } from "vitest";
import { replacedKafkajs, require } from "./kafkajs-parts.js";

describe("what replaces kafkajs' ways of asking coordinators", () => {
  replacedKafkajs();

  it("asks once for a coordinator, again when it was not found, and not for ever", async () => {
    const Cluster = require("kafkajs/src/cluster/index.js") as {
      prototype: { findGroupCoordinatorMetadata(args: object): Promise<object> };
    };
    let asked = 0;
    let fails = true;
    // What the original calls, with nothing behind it.
    const cluster = Object.assign(Object.create(Cluster.prototype), {
      brokerPool: {
        withBroker: async () => {
          asked++;
          if (fails) throw new Error("nobody there");
          return { coordinator: { nodeId: 1 } };
        },
      },
    }) as typeof Cluster.prototype;
    const ask = (groupId: string) => cluster.findGroupCoordinatorMetadata({ groupId, coordinatorType: 1 });
    await expect(ask("a")).rejects.toThrow("nobody there");
    fails = false;
    await ask("a");
    await ask("a");
    expect(asked).toBe(2);
    await ask("b");
    expect(asked).toBe(3);
    vi.advanceTimersByTime(2_001);
    await ask("a");
    expect(asked).toBe(4);
  });

  it("asks soon again for a producer id while the transaction of the one before is being ended", async () => {
    const createManager = require("kafkajs/src/producer/eosManager/index.js") as (args: object) => {
      initProducerId(): Promise<void>;
      getProducerId(): string;
    };
    let asked = 0;
    const waits: number[] = [];
    const coordinator = {
      initProducerId: async () => {
        if (++asked < 4) throw Object.assign(new Error("not yet"), { type: "CONCURRENT_TRANSACTIONS" });
        return { producerId: "17", producerEpoch: 0 };
      },
    };
    const manager = createManager({
      logger: {
        debug: (_text: string, details?: { retryTime?: number }) => {
          if (details?.retryTime !== undefined) waits.push(details.retryTime);
        },
      },
      cluster: {
        refreshMetadataIfNecessary: async () => undefined,
        findGroupCoordinator: async () => coordinator,
      },
      transactional: true,
      transactionalId: "a",
    });
    await manager.initProducerId();
    expect(manager.getProducerId()).toBe("17");
    expect(waits).toHaveLength(3);
    // kafkajs alone would wait at least 240 ms before the second time, and ever longer.
    expect(Math.max(...waits)).toBeLessThan(100);
  });
});
