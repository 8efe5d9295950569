import { describe, expect, it } from "vitest";
import type { GroupConsumer } from "../../runtime/kafka/ports.js";
import { Rejoin } from "../../runtime/kafka/rejoin.js";

const EVENTS = { FETCH_START: "fetch", HEARTBEAT: "heartbeat", GROUP_JOIN: "join" };

/** A consumer that calls its listeners in place, as kafkajs does. */
function consumerOf() {
  const listeners = new Map<string, () => void>();
  const consumer = { events: EVENTS, on: (name: string, call: () => void) => void listeners.set(name, call) };
  return { consumer: consumer as unknown as GroupConsumer, emit: (name: string) => listeners.get(name)!() };
}

describe("asking for a rebalance", () => {
  it("throws what kafkajs takes for the broker's word, at each fetch and heartbeat until the group has joined", () => {
    const { consumer, emit } = consumerOf();
    const rejoin = new Rejoin(consumer);
    emit("fetch");
    emit("heartbeat");
    rejoin.ask();
    for (const event of ["fetch", "heartbeat", "fetch"])
      expect(() => emit(event)).toThrow(
        expect.objectContaining({ type: "REBALANCE_IN_PROGRESS", name: "KafkaJSProtocolError" }),
      );
    emit("join");
    emit("fetch");
    emit("heartbeat");
  });
});
