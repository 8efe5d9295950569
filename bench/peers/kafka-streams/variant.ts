import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { connectKafka } from "../../../runtime/kafka/client.js";
import { createMissing } from "../../../runtime/kafka/topics.js";
import { topicOnCluster } from "../../../topics/catalogue.js";
import { LOAD_BALANCE } from "../../load/accounts.js";
import { CHAIN_ID } from "./keyed-load.js";
import { type PeerSignature, type RunningPeer, startPeer } from "./start.js";

/** One way to run the peer: `{"name":"…","signature":"fastest","set":{"num.stream.threads":"1"},"jvm":["-Xmx1g"]}`. */
export interface Variant {
  readonly name: string;
  readonly signature?: PeerSignature;
  /** Settings of Kafka Streams and its clients that differ. */
  readonly set?: Readonly<Record<string, string>>;
  /** Java's flags, all of them. */
  readonly jvm?: readonly string[];
}

/** Where variants run. */
export interface Ground {
  readonly brokers: readonly string[];
  readonly brokerPid: number;
  readonly partitions: number;
  readonly directory: string;
  readonly log: (line: string) => void;
}

/** A network of its own for one variant: its topic of transactions is there, its peer not yet. */
export class VariantRun {
  readonly network = `peer-${randomUUID().slice(0, 8)}`;
  readonly transactions = topicOnCluster(this.network, "transactions");
  readonly kafka;
  readonly admin;

  private constructor(
    readonly variant: Variant,
    readonly ground: Ground,
  ) {
    this.kafka = connectKafka({
      brokers: ground.brokers,
      clientId: "rustorium-bench",
      log: () => undefined,
    });
    this.admin = this.kafka.admin();
  }

  static async open(variant: Variant, ground: Ground): Promise<VariantRun> {
    const run = new VariantRun(variant, ground);
    await run.admin.connect();
    const configuration = { "message.timestamp.type": "LogAppendTime" };
    const wanted = [{ topic: run.transactions, partitions: ground.partitions, configuration }];
    await createMissing(run.admin, wanted, 1);
    return run;
  }

  startPeer(): Promise<RunningPeer> {
    const { variant, ground, network } = this;
    return startPeer({
      brokers: ground.brokers,
      network,
      partitions: ground.partitions,
      signature: variant.signature ?? "fastest",
      chainId: CHAIN_ID,
      genesisBalance: LOAD_BALANCE,
      stateDirectory: join(ground.directory, network),
      log: ground.log,
      ...(variant.set && { overrides: variant.set }),
      ...(variant.jvm && { jvmFlags: variant.jvm }),
    });
  }

  close(): Promise<void> {
    return this.admin.disconnect();
  }
}
