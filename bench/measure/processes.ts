import { readFileSync } from "node:fs";

/** Clock ticks a second of /proc (USER_HZ, the same on every Linux of today). */
const TICKS_PER_SECOND = 100;
const KIB = 1_024;

/** What the operating system says of a process. */
export interface ProcessUse {
  /** User and system time of all its threads so far, in seconds. */
  readonly cpuSeconds: number;
  /** Resident memory now, in bytes. */
  readonly residentBytes: number;
}

/** Reads /proc; undefined where the process is gone or there is no /proc. */
export function processUse(pid: number): ProcessUse | undefined {
  try {
    // The name in parentheses may hold spaces: what counts comes after the last one.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    const resident = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return {
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
      residentBytes: Number(resident?.[1] ?? 0) * KIB,
    };
  } catch {
    return undefined;
  }
}

/** Use of several processes by name. */
export function usesOf(pids: ReadonlyMap<string, number>): Map<string, ProcessUse> {
  const uses = new Map<string, ProcessUse>();
  for (const [name, pid] of pids) {
    const use = processUse(pid);
    if (use) uses.set(name, use);
  }
  return uses;
}

/** Resident memory of several processes by name, in MiB. */
export function residentMiB(pids: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries(
    Array.from(usesOf(pids), ([name, { residentBytes }]) => [name, Math.round(residentBytes / KIB / KIB)]),
  );
}

/** CPU-seconds that each process needed between two looks; those that came or went in between are left out. */
export function cpuBetween(
  before: ReadonlyMap<string, ProcessUse>,
  after: ReadonlyMap<string, ProcessUse>,
): Map<string, number> {
  const spent = new Map<string, number>();
  for (const [name, { cpuSeconds }] of after) {
    const earlier = before.get(name);
    if (earlier) spent.set(name, cpuSeconds - earlier.cpuSeconds);
  }
  return spent;
}
