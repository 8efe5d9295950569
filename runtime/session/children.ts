import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";

/** A child that ends by itself is started again after this long, in milliseconds. */
const RESTART_MS = 1_000;
/** Children that don't stop by then are killed, in milliseconds. */
const STOP_TIMEOUT_MS = 10_000;
/** Heap of one Node child, in MiB: six of them and the parent stay below 1.5 GiB together. */
const HEAP_MIB_MAX = 256;

/**
 * Heap from the start, in MiB. Left to grow from nothing it stays so small that V8 marks all of it several times a second,
 * on threads that take the cores from everyone else (measured: 38 full collections in a replay of 8,000, then 5).
 */
const HEAP_MIB_INITIAL = 224;

/** Young generation, in MiB: most objects live for one batch, and should be dead before they are looked at. */
const YOUNG_MIB_MAX = 32;

/** One process to run: the arguments of `rustorium`. */
export interface ChildPlan {
  readonly name: string;
  readonly args: readonly string[];
}

/** Runs our own processes as children, restarts those that crash, and stops them all. */
export class Children {
  private readonly running = new Map<string, ChildProcess>();
  private stopping = false;
  /** Flags for Node, e.g. --cpu-prof: for looking into a whole network. */
  private readonly nodeFlags = (process.env.RUSTORIUM_NODE_FLAGS ?? "")
    .split(" ")
    .filter((flag) => flag !== "");

  constructor(
    private readonly projectRoot: string,
    private readonly environment: NodeJS.ProcessEnv,
    private readonly say: (line: string) => void,
  ) {}

  /** Starts a child; resolves when it is ready, with what it says of itself. Rejects when it ends before. */
  start(plan: ChildPlan): Promise<string> {
    const child = spawn(
      process.execPath,
      [
        `--max-old-space-size=${HEAP_MIB_MAX}`,
        `--initial-heap-size=${HEAP_MIB_INITIAL}`,
        `--min-semi-space-size=${YOUNG_MIB_MAX}`,
        `--max-semi-space-size=${YOUNG_MIB_MAX}`,
        ...this.nodeFlags,
        join(this.projectRoot, "bin", "rustorium.js"),
        ...plan.args,
      ],
      { stdio: ["ignore", "ignore", "inherit", "ipc"], env: { ...process.env, ...this.environment } },
    );
    this.running.set(plan.name, child);
    return new Promise((resolve, reject) => {
      let ready = false;
      child.on("message", (message) => {
        const { kind, detail } = message as { kind?: string; detail?: string };
        if (kind !== "ready") return;
        ready = true;
        resolve(detail ?? "");
      });
      child.once("exit", (code, signal) => {
        if (this.running.get(plan.name) === child) this.running.delete(plan.name);
        if (this.stopping) return;
        if (!ready) reject(new Error(`${plan.name} ended before it was ready (${code ?? signal})`));
        else {
          this.say(`${plan.name} ended (${code ?? signal}); starting it again`);
          setTimeout(() => {
            if (!this.stopping) this.start(plan).catch((error: unknown) => this.say(String(error)));
          }, RESTART_MS);
        }
      });
    });
  }

  /** Process ids by name. */
  pids(): Map<string, number> {
    return new Map(Array.from(this.running, ([name, child]) => [name, child.pid ?? 0]));
  }

  /** Asks all to stop, kills those that don't. */
  async stop(): Promise<void> {
    this.stopping = true;
    const all = [...this.running.values()];
    const ended = all.map(
      (child) =>
        new Promise<void>((resolve) => {
          if (child.exitCode !== null || child.signalCode !== null) resolve();
          else child.once("exit", () => resolve());
        }),
    );
    for (const child of all) child.kill("SIGTERM");
    const killer = setTimeout(() => {
      for (const child of all) if (child.exitCode === null) child.kill("SIGKILL");
    }, STOP_TIMEOUT_MS);
    await Promise.all(ended);
    clearTimeout(killer);
  }
}

/**
 * The processes of a whole network on one machine: the stages in one, the validators in as many as there are cores left.
 * Each validator keeps its own group, key and state wherever it runs; more processes than cores would only cost memory
 * and warm the same code up once more. In production each validator is a machine of its own (docker-compose.yml).
 */
export function networkPlan(validators: number, cores: number): ChildPlan[] {
  const processes = Math.max(1, Math.min(validators, cores - 1));
  const shares = Array.from({ length: processes }, (_, process) =>
    Array.from({ length: validators }, (_, index) => index + 1).filter(
      (number) => number % processes === process,
    ),
  );
  return [
    { name: "stages", args: ["run", "validate", "shard-assign", "execute", "finalize", "relay", "notify"] },
    ...shares.map((share) => ({
      name: `validators ${share.join(", ")}`,
      args: ["run", "vote", "--validator", share.join(",")],
    })),
  ];
}
