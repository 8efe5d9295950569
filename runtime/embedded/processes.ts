import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/** Where the start time stands in /proc/<pid>/stat, counted after the command name. */
const START_TIME_FIELD = 19;

/**
 * What tells a process from a later one that got the same number: the time it started.
 * `undefined` when no such process runs (a zombie counts as gone).
 */
export function processIdentity(pid: number): string | undefined {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  return existsSync("/proc/self/stat") ? identityFromProc(pid) : identityFromPs(pid);
}

/** Whether the process that had this identity is still the one behind the number. */
export function isSameProcess(pid: number, identity: string): boolean {
  return processIdentity(pid) === identity;
}

/** Sends a signal to a process, or to a whole process group when `pid` is negative; gone is fine. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended between our look and our signal.
  }
}

function identityFromProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The command name is in parentheses and may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[START_TIME_FIELD];
  } catch {
    return undefined;
  }
}

function identityFromPs(pid: number): string | undefined {
  try {
    const line = execFileSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
    const started = line.replace(/^\S+\s+/, "");
    return line === "" || line.startsWith("Z") ? undefined : started;
  } catch {
    return undefined;
  }
}
