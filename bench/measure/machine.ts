import { execFileSync } from "node:child_process";
import { availableParallelism, cpus, release, totalmem } from "node:os";
import { PROJECT_ROOT } from "../../cli/project-root.js";

/** What a figure was measured on; without it it says little. */
export interface MachineFacts {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  /** What `java -version` says first; null where there is none. */
  readonly java: string | null;
  /** Commit of the code; with `+` where it was changed. null outside of a repository. */
  readonly commit: string | null;
  readonly atIso: string;
}

const GIB = 1_024 ** 3;

export function machineFacts(): MachineFacts {
  return {
    processor: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / GIB),
    system: `${process.platform} ${release()}`,
    node: process.version,
    java: javaVersion(),
    commit: commit(),
    atIso: new Date().toISOString(),
  };
}

function javaVersion(): string | null {
  try {
    return output("sh", ["-c", "java -version 2>&1"]).split("\n")[0] ?? null;
  } catch {
    return null;
  }
}

function commit(): string | null {
  try {
    const changed = output("git", ["status", "--porcelain", "--untracked-files=no"]) !== "";
    return output("git", ["rev-parse", "--short", "HEAD"]) + (changed ? "+" : "");
  } catch {
    return null;
  }
}

function output(command: string, args: readonly string[]): string {
  return execFileSync(command, args, { cwd: PROJECT_ROOT, encoding: "utf8", stdio: "pipe" }).trim();
}
