import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { sendSignal } from "./processes.js";
import { pause } from "./time.js";

/** How many of its last output lines a child's failure report carries. */
const TAIL_LINES_MAX = 40;
/** A child that has not ended this long after SIGTERM gets SIGKILL. */
const STOP_TIMEOUT_MS = 15_000;
/** How long after its end we wait for the rest of a child's output. */
const OUTPUT_WAIT_MS = 500;
/** How often we look whether a child that we stop has ended. */
const STOP_POLL_MS = 20;

/**
 * Runs the command in this very process (so that its number is the one we signal) beside a small watcher that reads a
 * pipe whose other end only our Node process holds. When Node dies, however suddenly, the pipe ends, and the watcher
 * ends the command: first politely, then after ten seconds for good.
 */
export const WATCHED = `
exec 3<&0
(
  while read -r line <&3; do :; done
  kill -TERM $$ || exit 0
  for turn in 1 2 3 4 5 6 7 8 9 10; do sleep 1; kill -0 $$ || exit 0; done
  kill -KILL $$
) </dev/null >/dev/null 2>&1 &
exec 3<&-
exec "$@" </dev/null
`;

/** How a child ended. */
export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last lines it printed. */
  readonly lastLines: readonly string[];
}

/** A Java process that we started. */
export interface JavaChild {
  readonly pid: number;
  /** Settles, never rejects, once the process has ended. */
  readonly ended: Promise<ChildEnd>;
  hasEnded(): boolean;
  /** Ends it: SIGTERM, a wait, SIGKILL. Safe to call twice. */
  stop(): Promise<ChildEnd>;
}

/** What to run. */
export interface JavaChildOptions {
  readonly java: string;
  readonly arguments: readonly string[];
  readonly workingDirectory: string;
  /** All output is appended here. */
  readonly logFile: string;
  /** Told of each line of output. */
  readonly onLine?: (line: string) => void;
  /** How long to wait after SIGTERM; only a class archive dump needs more than the default. */
  readonly stopTimeoutMs?: number;
}

/** Starts Java so that it does not outlive this process. Its group is its own: Ctrl-C reaches only us, and we stop it. */
export function startJava(options: JavaChildOptions): JavaChild {
  const watched = process.platform !== "win32";
  const child = spawn(
    watched ? "/bin/sh" : options.java,
    watched ? ["-c", WATCHED, "sh", options.java, ...options.arguments] : [...options.arguments],
    { cwd: options.workingDirectory, detached: watched, stdio: ["pipe", "pipe", "pipe"] },
  );
  const tail = collectOutput(child, options.logFile, options.onLine ?? (() => {}));
  let end: ChildEnd | undefined;
  const ended = new Promise<ChildEnd>((resolve) => {
    const finish = (code: number | null, signal: NodeJS.Signals | null): void => {
      if (end !== undefined) return;
      end = { code, signal, lastLines: tail() };
      resolve(end);
    };
    child.once("error", () => finish(null, null));
    child.once("close", finish);
    // Should something hold the output open, the end of the process is the end all the same.
    child.once("exit", (code, signal) => setTimeout(() => finish(code, signal), OUTPUT_WAIT_MS).unref());
  });
  child.stdin?.on("error", () => {});
  const pid = child.pid ?? 0;
  const stop = async (): Promise<ChildEnd> => {
    if (end !== undefined || pid === 0) return ended;
    sendSignal(pid, "SIGTERM");
    const deadlineMs = performance.now() + (options.stopTimeoutMs ?? STOP_TIMEOUT_MS);
    while (end === undefined && performance.now() < deadlineMs) await pause(STOP_POLL_MS);
    if (end === undefined) sendSignal(pid, "SIGKILL");
    return ended;
  };
  return { pid, ended, hasEnded: () => end !== undefined, stop };
}

/** Appends the child's output to its log file and keeps the last lines. */
function collectOutput(
  child: ChildProcess,
  logFile: string,
  onLine: (line: string) => void,
): () => readonly string[] {
  const log = createWriteStream(logFile, { flags: "a" });
  log.on("error", () => {});
  const lines: string[] = [];
  let rest = "";
  const take = (chunk: Buffer): void => {
    log.write(chunk);
    const parts = (rest + chunk.toString("utf8")).split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) onLine(part);
    lines.push(...parts.filter((line) => line.trim() !== ""));
    if (lines.length > TAIL_LINES_MAX) lines.splice(0, lines.length - TAIL_LINES_MAX);
  };
  child.stdout?.on("data", take);
  child.stderr?.on("data", take);
  child.once("close", () => log.end());
  return () => [...lines];
}
