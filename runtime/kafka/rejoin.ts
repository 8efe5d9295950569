import { KafkaJSProtocolError } from "./kafkajs.js";
import type { GroupConsumer } from "./ports.js";

/** As the broker's answer to a heartbeat while its group joins anew. */
const REBALANCE_IN_PROGRESS = { type: "REBALANCE_IN_PROGRESS", code: 27, retriable: false };

/**
 * Lets a member ask for a rebalance. kafkajs has no call for that, but it joins its group anew, as the same member and
 * without losing its session, when the broker says that others do. So it is told the same before its next fetch and after
 * its next heartbeat: kafkajs runs listeners in place, and takes what they throw for what the request threw. With a report
 * that differs from its last the coordinator has all others join anew, too.
 */
export class Rejoin {
  private isAsked = false;

  constructor(consumer: GroupConsumer) {
    const tell = () => {
      if (!this.isAsked) return;
      const reason = Object.assign(new Error("this member asks for a rebalance"), REBALANCE_IN_PROGRESS);
      throw new KafkaJSProtocolError(reason);
    };
    consumer.on(consumer.events.FETCH_START, tell);
    consumer.on(consumer.events.HEARTBEAT, tell);
    consumer.on(consumer.events.GROUP_JOIN, () => {
      this.isAsked = false;
    });
  }

  ask(): void {
    this.isAsked = true;
  }
}
