import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { EmbeddedError } from "../../../runtime/embedded/errors.js";
import { type JavaChild, startJava } from "../../../runtime/embedded/java-child.js";
import { decideToolchain, detectToolchain } from "../../../runtime/embedded/toolchain.js";
import { processUse } from "../../measure/processes.js";
import { buildPeer, peerIsBuilt } from "./build.js";
import { createPeerTopics } from "./topics.js";

/** Longest wait for the job to run; restoring its state is the slow case. */
const START_TIMEOUT_MS = 60_000;

/** The peer's JVM, as README.md measured it. */
const JVM_FLAGS = ["-Xms512m", "-Xmx512m", "-XX:+UseParallelGC", "-XX:-UsePerfData"];

/** Which library checks signatures: BouncyCastle, or the fastest that was measured. */
export type PeerSignature = "bouncycastle" | "fastest";

/** What the peer is to do. The topic of transactions must be there. */
export interface PeerOptions {
  readonly brokers: readonly string[];
  /** The network's prefix of topics; also names the job's group, so each run of its own has a network of its own. */
  readonly network: string;
  /** Partitions of the topic of transactions. */
  readonly partitions: number;
  readonly signature: PeerSignature;
  readonly chainId: number;
  /** What every account begins with, in 10^-18 RUS, up to 10^27. */
  readonly genesisBalance: bigint;
  /** RocksDB and the job's log file are kept here. */
  readonly stateDirectory: string;
  /** Where to write all balances when it is stopped, one JSON object a line: account, nonce, balance. */
  readonly dumpFile?: string;
  /** Settings of Kafka Streams and its clients that are to differ, for measurements. */
  readonly overrides?: Readonly<Record<string, string>>;
  /** Java's flags in place of those measured best. */
  readonly jvmFlags?: readonly string[];
  /** Takes progress of a build; default standard error. */
  readonly log?: (line: string) => void;
}

/** A peer whose tasks all run. */
export interface RunningPeer {
  readonly pid: number;
  readonly logFile: string;
  /** User and system time of all its threads so far, in seconds; 0 where there is no /proc or it has ended. */
  cpuSeconds(): number;
  /** Ends it, after the dump if one was asked for. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Starts the Kafka Streams job, building it and creating its topics first if need be, and waits until it runs. It does
 * not outlive this process.
 * @throws EmbeddedError JAVA_MISSING or MAVEN_MISSING
 */
export async function startPeer(options: PeerOptions): Promise<RunningPeer> {
  const toolchain = await detectToolchain();
  const decision = decideToolchain(toolchain, { jarsPresent: peerIsBuilt(), wanted: "embedded" });
  if (decision.mode === "none") throw new EmbeddedError(decision.code, decision.message);
  const { classPath } = await buildPeer(options.log === undefined ? {} : { log: options.log });
  await createPeerTopics(options.brokers, options.network, options.partitions);
  mkdirSync(options.stateDirectory, { recursive: true });
  const logFile = join(options.stateDirectory, "peer.log");
  let ready = (): void => undefined;
  const isReady = new Promise<void>((resolve) => {
    ready = resolve;
  });
  const child = startJava({
    java: toolchain.java,
    arguments: [
      ...(options.jvmFlags ?? JVM_FLAGS),
      "-cp",
      classPath,
      "rustorium.peer.Main",
      ...argumentsOf(options),
    ],
    workingDirectory: options.stateDirectory,
    logFile,
    onLine: (line) => {
      if (line.startsWith('{"ready":true')) ready();
    },
  });
  await untilReady(child, isReady, logFile);
  return {
    pid: child.pid,
    logFile,
    cpuSeconds: () => processUse(child.pid)?.cpuSeconds ?? 0,
    stop: async () => void (await child.stop()),
  };
}

function argumentsOf(options: PeerOptions): string[] {
  const { dumpFile, overrides } = options;
  return [
    ...["--brokers", options.brokers.join(",")],
    ...["--network", options.network],
    ...["--partitions", String(options.partitions)],
    ...["--signature", options.signature],
    ...["--chain-id", String(options.chainId)],
    ...["--genesis-balance", String(options.genesisBalance)],
    ...["--state-directory", join(options.stateDirectory, "state")],
    ...(dumpFile === undefined ? [] : ["--dump", dumpFile]),
    ...Object.entries(overrides ?? {}).flatMap(([name, value]) => ["--set", `${name}=${value}`]),
  ];
}

async function untilReady(child: JavaChild, ready: Promise<void>, logFile: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), START_TIMEOUT_MS);
  });
  const first = await Promise.race([ready.then(() => "ready" as const), child.ended, late]);
  clearTimeout(timer);
  if (first === "ready") return;
  const { lastLines } = await child.stop();
  const what = first === "late" ? "did not run in time" : "ended";
  throw new Error(`the Kafka Streams peer ${what}; its log is ${logFile}:\n${lastLines.join("\n")}`);
}
