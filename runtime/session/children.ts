import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import type { ProcessUsage, UsageMessage } from "../process/usage.js";

/** A child that was ready and ends by itself is started again at once; after a start that failed so much later, in milliseconds. */
const RESTART_MS_MIN = 250;
/** Each further start that fails doubles the wait up to this, in milliseconds. */
const RESTART_MS_MAX = 4_000;
/** Children that don't stop by then are killed, in milliseconds. */
const STOP_TIMEOUT_MS = 10_000;
/**
 * Most heap of one Node child, in MiB: twice what four validators of four shards with a million accounts were seen to need.
 * Their state is outside of it, as bytes. With ten thousand accounts a child needs half of its first heap.
 */
const HEAP_MIB_MAX = 512;

/**
 * Heap from the start, in MiB. Left to grow from nothing it stays so small that V8 marks all of it several times a second,
 * on threads that take the cores from everyone else (measured: 38 full collections in a replay of 8,000, then 5).
 */
const HEAP_MIB_INITIAL = 224;

/** Young generation, in MiB: most objects live for one batch, and should be dead before they are looked at. */
const YOUNG_MIB_MAX = 32;

/** How long a child may take to say what it does, in milliseconds: it may be in the middle of a step. */
const USAGE_TIMEOUT_MS = 2_000;

/** One process to run: the arguments of `rustorium`. */
export interface ChildPlan {
  readonly name: string;
  readonly args: readonly string[];
  /** Further flags for Node. */
  readonly nodeFlags?: readonly string[];
  /** Variables on top of those of all children. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Whether it is started again when it ends unasked; default true. */
  readonly restart?: boolean;
}

/** A start of a child, as watchers see it. */
export interface ChildStart {
  readonly name: string;
  readonly pid: number;
  /** When it was spawned, in milliseconds since 1970. */
  readonly atMs: number;
}

interface Running {
  readonly child: ChildProcess;
  readonly start: ChildStart;
  readonly ended: Promise<void>;
  /** Its end is asked for: it isn't started again. */
  expected: boolean;
}

/** Runs our own processes as children, restarts those that crash, and stops them all. */
export class Children {
  private readonly running = new Map<string, Running>();
  private stopping = false;

  constructor(
    private readonly projectRoot: string,
    private readonly environment: NodeJS.ProcessEnv,
    private readonly say: (line: string) => void,
    /** Where the children's errors go: ours, or an open file. */
    private readonly stderr: "inherit" | number = "inherit",
  ) {}

  /** Starts a child; resolves when it is ready, with what it says of itself. Rejects when it ends before. */
  start(plan: ChildPlan): Promise<string> {
    const { child, running } = this.spawn(plan);
    return new Promise((resolve, reject) => {
      let ready = false;
      child.on("message", (message) => {
        const { kind, detail } = message as { kind?: string; detail?: string };
        if (kind !== "ready") return;
        ready = true;
        resolve(detail ?? "");
      });
      child.once("exit", (code, signal) => {
        if (this.stopping) return;
        if (!ready) reject(new Error(`${plan.name} ended before it was ready (${code ?? signal})`));
        else if (!running.expected && plan.restart !== false) {
          this.say(`${plan.name} ended (${code ?? signal}); starting it again`);
          this.startAgain(plan, 0);
        }
      });
    });
  }

  /** One that ends before it is ready, as while the broker is away, is tried again for as long as it takes. */
  private startAgain(plan: ChildPlan, delayMs: number): void {
    setTimeout(() => {
      if (this.stopping || this.running.has(plan.name)) return;
      this.start(plan).catch((error: unknown) => {
        this.say(String(error));
        this.startAgain(plan, Math.min(RESTART_MS_MAX, Math.max(RESTART_MS_MIN, 2 * delayMs)));
      });
    }, delayMs);
  }

  private spawn(plan: ChildPlan): { child: ChildProcess; running: Running } {
    const child = spawn(
      process.execPath,
      [
        `--max-old-space-size=${HEAP_MIB_MAX}`,
        `--initial-heap-size=${HEAP_MIB_INITIAL}`,
        `--min-semi-space-size=${YOUNG_MIB_MAX}`,
        `--max-semi-space-size=${YOUNG_MIB_MAX}`,
        ...(plan.nodeFlags ?? []),
        join(this.projectRoot, "bin", "rustorium.js"),
        ...plan.args,
      ],
      {
        stdio: ["ignore", "ignore", this.stderr, "ipc"],
        env: { ...process.env, ...this.environment, ...plan.environment },
      },
    );
    const running: Running = {
      child,
      start: { name: plan.name, pid: child.pid ?? 0, atMs: Date.now() },
      ended: new Promise((resolve) => child.once("exit", () => resolve())),
      expected: false,
    };
    this.running.set(plan.name, running);
    // Before any other listener: whoever learns of the end finds it gone.
    child.once("exit", () => {
      if (this.running.get(plan.name) === running) this.running.delete(plan.name);
    });
    return { child, running };
  }

  /** Process ids by name. */
  pids(): Map<string, number> {
    return new Map(Array.from(this.running, ([name, { start }]) => [name, start.pid]));
  }

  /** Asks each stage process what it spends its time with; those that don't answer in time are left out. */
  async usages(): Promise<Map<string, ProcessUsage>> {
    const usages = new Map<string, ProcessUsage>();
    await Promise.all(
      Array.from(this.running, async ([name, { child }]) => {
        const usage = await usageOf(child);
        if (usage) usages.set(name, usage);
      }),
    );
    return usages;
  }

  /** The last start of a child that runs. */
  startOf(name: string): ChildStart | undefined {
    return this.running.get(name)?.start;
  }

  /** Ends one child for good: it isn't started again. Resolves when it is gone, or at once where it doesn't run. */
  async end(name: string, signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const running = this.running.get(name);
    if (!running) return;
    running.expected = true;
    await Children.stopOne(running, signal);
  }

  private static async stopOne({ child, ended }: Running, signal: NodeJS.Signals): Promise<void> {
    child.kill(signal);
    const killer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(killer);
  }

  /** Asks all to stop, kills those that don't. */
  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all(Array.from(this.running.values(), (running) => Children.stopOne(running, "SIGTERM")));
  }
}

function usageOf(child: ChildProcess): Promise<ProcessUsage | undefined> {
  return new Promise((resolve) => {
    const end = (usage?: ProcessUsage) => {
      clearTimeout(timer);
      child.off("message", take);
      resolve(usage);
    };
    const timer = setTimeout(end, USAGE_TIMEOUT_MS);
    const take = (message: unknown) => {
      const { kind, usage } = message as Partial<UsageMessage>;
      if (kind === "usage" && usage) end(usage);
    };
    child.on("message", take);
    child.send({ kind: "usage" } satisfies UsageMessage, (error) => {
      if (error) end();
    });
  });
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
    checkpointPlan(validators),
  ];
}

/** Name of the process that certifies state roots. */
export const CHECKPOINTS = "checkpoints";

/** All validators' checkpoints in one process: hashing must not take time from votes. */
function checkpointPlan(validators: number): ChildPlan {
  const all = Array.from({ length: validators }, (_, index) => index + 1).join(",");
  return { name: CHECKPOINTS, args: ["run", "checkpoint", "--validator", all] };
}

/** Every stage and every validator a process of its own, so that each can be killed alone; named after its group. */
export function separatePlan(validators: number): ChildPlan[] {
  const stages = ["validate", "shard-assign", "execute", "finalize", "relay", "notify"];
  return [
    ...stages.map((name) => ({ name, args: ["run", name] })),
    ...Array.from({ length: validators }, (_, index) => ({
      name: `vote-${index + 1}`,
      args: ["run", "vote", "--validator", String(index + 1)],
    })),
    checkpointPlan(validators),
  ];
}
