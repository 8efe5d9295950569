import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { PROJECT_ROOT } from "./support.js";

const PROGRAM = join(PROJECT_ROOT, "bin", "rustorium.js");

/** How a run of the program ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Builds the program where that wasn't done. */
export function buildProgram(): void {
  if (existsSync(join(PROJECT_ROOT, "dist", "cli", "main.js"))) return;
  execFileSync("npm", ["run", "--silent", "build"], { cwd: PROJECT_ROOT, stdio: "inherit" });
}

/** The built program as a user runs it: in a directory of its own, away from rustorium.toml and our settings. */
export class Program {
  private readonly children = new Set<ChildProcess>();

  constructor(private readonly directory: string) {}

  run(...args: string[]): Promise<Ended> {
    const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("RUSTORIUM_"));
    const env = { ...Object.fromEntries(kept), TMPDIR: this.directory };
    const child = spawn(process.execPath, [PROGRAM, ...args], { cwd: this.directory, env });
    this.children.add(child);
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on("data", (chunk: Buffer) => void stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => void stderr.push(chunk));
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => {
        this.children.delete(child);
        resolve({ code, stdout: textOf(stdout), stderr: textOf(stderr) });
      });
    });
  }

  /** Ends what a test that ran out of time left behind; it stops its own children when told to. */
  async end(): Promise<void> {
    for (const child of this.children) {
      const closed = new Promise((resolve) => child.once("close", resolve));
      child.kill("SIGTERM");
      await closed;
    }
  }
}

function textOf(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString("utf8");
}
