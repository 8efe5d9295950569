import { connectKafka } from "../../../runtime/kafka/client.js";
import { createMissing } from "../../../runtime/kafka/topics.js";

/** Names of the peer's own topics on a network. Its changelog is made by Kafka Streams. */
export function peerTopics(network: string): { readonly statuses: string; readonly credits: string } {
  return { statuses: `${network}.peer.statuses`, credits: `${network}.peer.credits` };
}

/** Creates the peer's topics, where they are missing, with as many partitions as `transactions`. */
export async function createPeerTopics(
  brokers: readonly string[],
  network: string,
  partitions: number,
): Promise<void> {
  const admin = connectKafka({ brokers, clientId: "rustorium-peer", log: () => undefined }).admin();
  await admin.connect();
  try {
    const { statuses, credits } = peerTopics(network);
    await createMissing(
      admin,
      [
        // The broker's time tells when a transaction ended, by the same clock that stamped its original.
        { topic: statuses, partitions, configuration: { "message.timestamp.type": "LogAppendTime" } },
        // A credit keeps its transaction's time: Kafka Streams takes the oldest record first.
        { topic: credits, partitions, configuration: { "message.timestamp.type": "CreateTime" } },
      ],
      1,
    );
  } finally {
    await admin.disconnect();
  }
}
