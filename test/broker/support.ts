import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pino, { type Logger } from "pino";
import type { StageDefinition } from "../../runtime/driver/environment.js";
import { StageRunner } from "../../runtime/driver/stage-runner.js";
import { type EmbeddedSystem, startEmbedded } from "../../runtime/embedded/index.js";
import type { Home } from "../../runtime/home.js";
import { StageReports } from "../../runtime/metrics/report.js";
import { type OpenEnvironment, openEnvironment } from "../../runtime/process/environment.js";
import { type FoundingPlan, prepareNetwork } from "../../runtime/process/found.js";
import { STAGE_NAMES, stageDefinitions } from "../../runtime/process/stages.js";
import type { Settings } from "../../runtime/settings.js";
import type { GenesisAccount } from "../../schemas/generated.js";
import { CHAIN_ID, INITIAL_BALANCE, makeTestNetwork, type Wallet } from "../../simulator/world/network.js";

export const PROJECT_ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Start of broker and registry on a busy machine. */
export const START_TIMEOUT_MS = 180_000;
/** A whole test; what it waits for has bounds of its own, which say what was missing. */
export const TEST_TIMEOUT_MS = 180_000;
/** Longest wait for one condition. Ordinarily they hold within seconds. */
const UNTIL_MS = 90_000;
const POLL_MS = 20;
export const VALIDATORS = [1, 2, 3, 4];

export type ClusterSettings = Settings & { readonly registry: string };

/** Waits until a condition holds. Throws naming what did not come about. */
export async function until(
  what: string | (() => string),
  condition: () => boolean | Promise<boolean>,
  boundMs = UNTIL_MS,
): Promise<void> {
  const endMs = Date.now() + boundMs;
  while (!(await condition())) {
    if (Date.now() > endMs) {
      throw new Error(`not within ${boundMs} ms: ${typeof what === "string" ? what : what()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Settings of a test's processes. */
export function testSettings(
  home: string,
  network: string,
  brokers: readonly string[],
  registry: string,
): ClusterSettings {
  return {
    brokers,
    registry,
    network,
    home,
    stores: undefined,
    host: "127.0.0.1",
    port: 0,
    logLevel: "error",
    logRetentionDays: 1,
    replication: 1,
    sessionTimeoutMs: undefined,
    placement: "adaptive",
    weight: 100,
    moveCost: 10,
    placementIntervalMs: 30_000,
  };
}

/** Broker and registry of one test file, with a home directory that goes when they do. */
export class TestCluster {
  private constructor(
    readonly home: string,
    private system: EmbeddedSystem,
  ) {}

  static async start(): Promise<TestCluster> {
    const home = mkdtempSync(join(tmpdir(), "rustorium-broker-test-"));
    return new TestCluster(home, await TestCluster.startIn(home));
  }

  private static startIn(home: string): Promise<EmbeddedSystem> {
    const dataDirectory = join(home, "cluster");
    return startEmbedded({ dataDirectory, projectRoot: PROJECT_ROOT, log: () => undefined });
  }

  settings(network: string): ClusterSettings {
    return testSettings(this.home, network, this.system.brokers, this.system.registryUrl);
  }

  /** Stops both and starts them again on their data; their addresses change. */
  async restart(): Promise<void> {
    await this.system.stop();
    this.system = await TestCluster.startIn(this.home);
  }

  async stop(): Promise<void> {
    await this.system.stop();
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** Wallets with INITIAL_BALANCE each, four in every shard, both schemes; nonces from 0. */
export function makeWallets(): { wallets: readonly Wallet[]; wallet(shard: number, index?: number): Wallet } {
  return makeTestNetwork();
}

/** @param others accounts besides the wallets' */
export function planOf(wallets: readonly Wallet[], others: readonly GenesisAccount[] = []): FoundingPlan {
  return {
    chainId: CHAIN_ID,
    consensus: "hybrid-pos",
    validators: VALIDATORS.length,
    shards: 4,
    accounts: [...wallets.map(({ account }) => ({ account, balance: INITIAL_BALANCE, nonce: 0 })), ...others],
  };
}

export const SILENT = pino({ level: "silent" });

/** Founds the network of these wallets, or finds it there. */
export function found(
  settings: ClusterSettings,
  wallets: readonly Wallet[],
  others: readonly GenesisAccount[] = [],
) {
  return prepareNetwork(settings, planOf(wallets, others), SILENT);
}

/** A line of a structured log. */
export interface LogLine {
  readonly level: number;
  readonly stage?: string;
  readonly partition?: number;
  readonly code?: string;
  readonly msg: string;
}

/** A log that tests read. */
export function memoryLog(): { log: Logger; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as LogLine);
  return { log: pino({ level: "info" }, { write }), lines };
}

/** Every stage and all four validators. */
export function allStages(home: Home): StageDefinition[] {
  return STAGE_NAMES.flatMap((name) => stageDefinitions(name, home, VALIDATORS));
}

/** Stages that run inside the test, as one process would run them. */
export class Stages {
  private constructor(
    readonly environment: OpenEnvironment,
    private readonly runners: readonly StageRunner[],
    private readonly reports: StageReports,
    /** Consumers that stopped for good. */
    readonly crashes: readonly Error[],
  ) {}

  /** Resolves when every stage has joined its group. */
  static async start(
    settings: ClusterSettings,
    definitions: (home: Home) => readonly StageDefinition[] = allStages,
    log: Logger = SILENT,
  ): Promise<Stages> {
    const environment = await openEnvironment(settings, "rustorium-test", log);
    const crashes: Error[] = [];
    const runners = definitions(environment.home).map(
      (definition) => new StageRunner(definition, environment, (error) => void crashes.push(error)),
    );
    await Promise.all(runners.map((runner) => runner.start()));
    const reports = new StageReports(environment, runners, "test", () => process.memoryUsage.rss());
    reports.start();
    return new Stages(environment, runners, reports, crashes);
  }

  runner(group: string): StageRunner {
    const found = this.runners.find(({ definition }) => definition.group === group);
    if (!found) throw new Error(`no stage ${group} runs here`);
    return found;
  }

  /** Partition numbers of a stage whose task is open here, ascending. */
  running(group: string): number[] {
    return this.runner(group)
      .status()
      .filter(({ status }) => status === "running")
      .map(({ partition }) => partition)
      .sort((a, b) => a - b);
  }

  async stop(): Promise<void> {
    await Promise.all([this.reports.stop(), ...this.runners.map((runner) => runner.stop())]);
    await this.environment.close();
  }
}
