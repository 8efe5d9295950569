import type { Logger } from "pino";
import { authenticate, decodeTransaction } from "../ledger/transaction/index.js";
import type { InputRecord } from "../processors/stage.js";
import type { OpenEnvironment } from "../runtime/process/environment.js";
import { type Following, follow } from "../runtime/session/follow.js";
import { Publisher } from "../runtime/session/publisher.js";
import { StageWatch } from "../runtime/session/stage-watch.js";
import type { SignedTransaction } from "../schemas/generated.js";
import { topicOnCluster } from "../topics/catalogue.js";
import { buildGateway } from "./server.js";
import { feedViews, GATEWAY_TOPICS, type GatewayTopic, LIVE_TOPICS } from "./views/feed.js";
import { createViews } from "./views/index.js";

/** Views take what came in at most this often, in milliseconds. */
const VIEW_PACE_MS = 100;

/** A gateway that listens. */
export interface ServingGateway {
  readonly url: string;
  close(): Promise<void>;
}

/** The port is taken. */
export class PortError extends Error {
  readonly code = "GATEWAY_PORT_IN_USE";
}

/** Connects a gateway to the topics and listens. Throws PortError. */
export async function serveGateway(
  environment: OpenEnvironment,
  address: { readonly host: string; readonly port: number },
  log: Logger,
): Promise<ServingGateway> {
  const { kafka, admin, network, schemaIds } = environment;
  const { genesis } = network;
  const views = createViews({ countFromMs: Date.now() });
  const followings = new Map<GatewayTopic, Following>();
  for (const topic of GATEWAY_TOPICS) {
    const feed = (records: readonly InputRecord[]) => {
      for (const record of records) {
        if (!feedViews(views, { ...record, topic }))
          log.warn({ code: "INPUT_CORRUPT" }, `${topic}@${record.offset}`);
      }
    };
    const offsets = await admin.fetchTopicOffsets(topicOnCluster(genesis.network, topic));
    const isLive = LIVE_TOPICS.has(topic);
    const from = new Map(offsets.map(({ partition, low, high }) => [partition, Number(isLive ? high : low)]));
    followings.set(topic, follow(kafka, genesis.network, topic, from, feed, VIEW_PACE_MS));
  }
  const publisher = new Publisher(
    kafka,
    genesis.network,
    schemaIds.get("transactions")!,
    genesis.sourcePartitions,
  );
  const watch = new StageWatch(environment);
  const app = buildGateway({
    views,
    publish: ({ keyBytes, value }) => publisher.publish(keyBytes, value),
    status: async () => ({ stages: await watch.stages(), viewLag: await watch.lagOf(followings) }),
    describeRules: () => ({
      network: genesis.network,
      chainId: genesis.chainId,
      genesisHash: network.hash,
      consensus: genesis.consensus,
      parameters: genesis.parameters,
    }),
    senderOf: (transaction) => senderOf(transaction, environment),
  });
  let url: string;
  try {
    url = await app.listen(address);
  } catch (error) {
    if ((error as { code?: string }).code !== "EADDRINUSE") throw error;
    throw new PortError(`port ${address.port} is taken: --port, or RUSTORIUM_PORT`);
  }
  return {
    url,
    async close() {
      await app.close();
      await Promise.all(Array.from(followings.values(), (following) => following.stop()));
      await publisher.close();
    },
  };
}

/** Who signed; undefined where that isn't certain, so that a wrong key never spoils a transaction. */
function senderOf(transaction: SignedTransaction, { network }: OpenEnvironment): Buffer | undefined {
  const decoded = decodeTransaction(transaction, network.rules);
  if (!decoded.ok) return decoded.refusal.sender;
  const authentic = authenticate(transaction, decoded.transaction);
  return authentic.ok ? authentic.sender : undefined;
}
