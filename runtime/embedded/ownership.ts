import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { isSameProcess, processIdentity } from "./processes.js";

/** One process as a lock file names it. */
export interface ProcessMark {
  readonly pid: number;
  readonly identity: string;
}

/** The content of an ownership file: who owns the directory, and which children it started. */
export interface Ownership {
  readonly owner: ProcessMark;
  readonly children: Readonly<Record<string, ProcessMark>>;
}

/** The outcome of trying to take an ownership file. */
export type Claim =
  | { readonly taken: true; readonly orphans: readonly ProcessMark[] }
  | { readonly taken: false; readonly owner: ProcessMark };

/** Names a running process, or nothing when it has ended. */
export function markOf(pid: number): ProcessMark | undefined {
  const identity = processIdentity(pid);
  return identity === undefined ? undefined : { pid, identity };
}

/** Whether the process is still running. */
export function isRunning(mark: ProcessMark): boolean {
  return isSameProcess(mark.pid, mark.identity);
}

/**
 * Takes the file for this process. A file whose owner has ended is cleared; the children that the dead owner left
 * running are returned, for the caller to end. Two processes that clear the same file at once cannot both win:
 * clearing is a rename, and creating fails when the file exists.
 */
export function claim(path: string): Claim {
  for (;;) {
    const own = markOf(process.pid) ?? { pid: process.pid, identity: "unknown" };
    if (createExclusively(path, { owner: own, children: {} })) return { taken: true, orphans: [] };
    const found = readOwnership(path);
    if (found !== undefined && isRunning(found.owner)) return { taken: false, owner: found.owner };
    const aside = `${path}.${process.pid}`;
    try {
      renameSync(path, aside);
    } catch {
      continue; // Another process cleared it first: look again.
    }
    const cleared = readOwnership(aside);
    rmSync(aside, { force: true });
    if (cleared !== undefined && isRunning(cleared.owner)) {
      // Someone took it between our look and our rename. Give it back.
      createExclusively(path, cleared);
      return { taken: false, owner: cleared.owner };
    }
    if (createExclusively(path, { owner: own, children: {} })) {
      return { taken: true, orphans: Object.values(cleared?.children ?? {}).filter(isRunning) };
    }
  }
}

/** Records a child in an ownership file that this process holds. */
export function recordChild(path: string, name: string, pid: number): void {
  const found = readOwnership(path);
  const mark = markOf(pid);
  if (found === undefined || mark === undefined) return;
  const aside = `${path}.${process.pid}`;
  writeFileSync(aside, JSON.stringify({ owner: found.owner, children: { ...found.children, [name]: mark } }));
  renameSync(aside, path);
}

/** Gives the file up. */
export function release(path: string): void {
  rmSync(path, { force: true });
}

function createExclusively(path: string, content: Ownership): boolean {
  try {
    writeFileSync(path, JSON.stringify(content), { flag: "wx" });
    return true;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw thrown;
  }
}

function readOwnership(path: string): Ownership | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Ownership;
  } catch {
    return undefined; // Missing, or half written by a process that died: nobody owns it.
  }
}
