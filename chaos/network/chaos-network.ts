import { openSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROJECT_ROOT } from "../../cli/project-root.js";
import { demonstrationAccounts } from "../../cli/start/accounts.js";
import { type KnownShard, MAIN_CHAIN } from "../../ledger/topology.js";
import { type EmbeddedSystem, startEmbedded } from "../../runtime/embedded/index.js";
import { choosePorts } from "../../runtime/embedded/ports.js";
import { openLog } from "../../runtime/log.js";
import { OWN_SESSION_TIMEOUT_MS } from "../../runtime/process/cluster.js";
import { type OpenEnvironment, openEnvironment } from "../../runtime/process/environment.js";
import { prepareNetwork } from "../../runtime/process/found.js";
import { type ChildPlan, Children, separatePlan } from "../../runtime/session/children.js";
import { environmentOf } from "../../runtime/session/system.js";
import { loadSettings } from "../../runtime/settings.js";
import type { GenesisAccount } from "../../schemas/generated.js";
import { MAINNET } from "../load/real.js";
import { Rebuilds } from "../progress/rebuilds.js";
import { ReplyProxy } from "../proxy/reply-proxy.js";
import { type ProcessName, VALIDATORS } from "./process-name.js";

const NETWORK = "chaos";
/** Each block costs the same however little is in it, and here ten processes share two cores. */
const BLOCK_INTERVAL_MS = 500;
/** Every generated transfer must arrive: on a busy machine a fault may be healed after more than the ordinary minute. */
const CROSS_SHARD_DEADLINE_MS = 600_000;
/** Shards that own accounts, at most. */
export const SHARDS_MAX = 8;

export interface ChaosNetworkOptions {
  /** Accounts besides those of the generated transfers. */
  readonly accounts: readonly GenesisAccount[];
  readonly say: (line: string) => void;
}

/**
 * A network to be hurt: an embedded broker and registry, every stage and validator a process of its own, and between them
 * and the broker a proxy. `environment` goes to the broker directly.
 */
export class ChaosNetwork {
  readonly rebuilds: Rebuilds;

  private constructor(
    /** Directory of all its data, secrets and logs. */
    readonly home: string,
    readonly embedded: EmbeddedSystem,
    readonly proxy: ReplyProxy,
    readonly environment: OpenEnvironment,
    readonly children: Children,
    readonly sessionTimeoutMs: number,
    readonly say: (line: string) => void,
  ) {
    this.rebuilds = new Rebuilds(environment);
  }

  static async start({ accounts, say }: ChaosNetworkOptions): Promise<ChaosNetwork> {
    const home = await mkdtemp(join(tmpdir(), "rustorium-chaos-"));
    const [proxiedPort = 0] = await choosePorts([undefined]);
    const proxy = await ReplyProxy.start(() => proxiedPort);
    const proxied = { port: proxiedPort, advertisedPort: proxy.port };
    let embedded: EmbeddedSystem | undefined;
    try {
      embedded = await startEmbedded({
        dataDirectory: join(home, "cluster"),
        projectRoot: PROJECT_ROOT,
        log: say,
        restart: true,
        proxied,
      });
      const { brokers, registryUrl: registry } = embedded;
      const settings = { ...loadSettings({ home, network: NETWORK, port: 0 }), brokers, registry };
      const sessionTimeoutMs = settings.sessionTimeoutMs ?? OWN_SESSION_TIMEOUT_MS;
      const log = await openLog({ ...settings, logLevel: "error" }, "chaos");
      const plan = {
        chainId: MAINNET,
        consensus: "hybrid-pos" as const,
        validators: VALIDATORS,
        shards: 4 as const,
        parameters: {
          allowUnprotected: true,
          blockIntervalMs: BLOCK_INTERVAL_MS,
          crossShardDeadlineMs: CROSS_SHARD_DEADLINE_MS,
          reshardCooldownMs: 0,
          shardsMax: SHARDS_MAX,
        },
        accounts: [...demonstrationAccounts(), ...accounts],
      };
      await prepareNetwork(settings, plan, log);
      const ofChildren = { ...settings, brokers: [`127.0.0.1:${proxy.port}`], sessionTimeoutMs };
      const errors = openSync(join(home, "processes.log"), "a");
      const children = new Children(PROJECT_ROOT, environmentOf(ofChildren), () => undefined, errors);
      const environment = await openEnvironment(settings, "rustorium-chaos", log);
      const made = new ChaosNetwork(home, embedded, proxy, environment, children, sessionTimeoutMs, say);
      await Promise.all(separatePlan(VALIDATORS).map((child) => children.start(child)));
      say(`every stage and ${VALIDATORS} validators run, each a process of its own; data in ${home}`);
      return made;
    } catch (error) {
      await embedded?.stop();
      await proxy.stop();
      throw error;
    }
  }

  /** The main chain and the shards that own accounts now: those that stages work on. */
  get working(): readonly KnownShard[] {
    const { topology } = this.environment.network;
    return [topology.shard(MAIN_CHAIN), ...topology.live];
  }

  /** How a process is started, ordinarily. */
  planOf(name: string): ChildPlan {
    const plan = separatePlan(VALIDATORS).find((candidate) => candidate.name === name);
    if (!plan) throw new RangeError(`no process ${name}`);
    return plan;
  }

  /** A second member of a process's group, with local stores of its own; it isn't started again when it ends. */
  spareOf(name: ProcessName): ChildPlan {
    const environment = { RUSTORIUM_STORES: this.spareStores };
    return { ...this.planOf(name), name: `${name} (spare)`, environment, restart: false };
  }

  private get spareStores(): string {
    return join(this.home, "spare-stores");
  }

  /** Directory of a group's local store of a partition. */
  storeOf(name: string, partition: number): string {
    return this.storeBelow(this.environment.storesDirectory, name, partition);
  }

  /** The same of its second member. */
  spareStoreOf(name: ProcessName, partition: number): string {
    return this.storeBelow(join(this.spareStores, NETWORK), name, partition);
  }

  private storeBelow(directory: string, name: string, partition: number): string {
    const chain = this.environment.network.hash.toString("hex").slice(0, 12);
    return join(directory, chain, `${name}-${partition}`);
  }

  /** Ends the stages and validators in good order; broker and registry go on. */
  stopProcesses(): Promise<void> {
    return this.children.stop();
  }

  /** @param keep leave the directory for inspection */
  async stop(keep: boolean): Promise<void> {
    await this.children.stop();
    await this.environment.close();
    await this.embedded.stop();
    await this.proxy.stop();
    if (keep) this.say(`kept for inspection: ${this.home}`);
    else await rm(this.home, { recursive: true, force: true });
  }
}
