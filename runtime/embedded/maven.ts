import { spawn } from "node:child_process";
import { dirname } from "node:path";
import { EmbeddedError } from "./errors.js";
import { MavenProgress } from "./maven-progress.js";

/** How many of Maven's last lines a failure shows. */
const FAILURE_LINES_MAX = 12;

/** What Maven is to do. */
export interface MavenRun {
  readonly pomFile: string;
  /** The phase of the build to go up to. */
  readonly phase: string;
  readonly properties: Readonly<Record<string, string>>;
  /** Begins the progress lines: "fetching the broker". */
  readonly what: string;
  readonly log: (line: string) => void;
}

/**
 * Runs Maven with a progress line now and then, and returns what it downloaded in words.
 * @throws EmbeddedError MAVEN_MISSING or FETCH_FAILED
 */
export async function runMaven(run: MavenRun): Promise<string> {
  const properties = Object.entries(run.properties).map(([name, value]) => `-D${name}=${value}`);
  const child = spawn("mvn", ["-B", "-C", "-f", run.pomFile, run.phase, ...properties], {
    cwd: dirname(run.pomFile),
    stdio: ["ignore", "pipe", "pipe"],
    shell: process.platform === "win32",
  });
  const progress = new MavenProgress(run.what, run.log);
  const lastLines: string[] = [];
  let rest = "";
  const take = (chunk: Buffer): void => {
    const lines = (rest + chunk.toString("utf8")).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      progress.take(line);
      if (line.includes("[ERROR]")) lastLines.push(line);
    }
    lastLines.splice(0, Math.max(0, lastLines.length - FAILURE_LINES_MAX));
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  const code = await new Promise<number | null>((done, failed) => {
    child.once("error", (cause) => {
      failed(new EmbeddedError("MAVEN_MISSING", `Maven could not be run: ${cause.message}`, { cause }));
    });
    child.once("close", done);
  }).finally(() => progress.close());
  if (code === 0) return progress.summary();
  throw new EmbeddedError(
    "FETCH_FAILED",
    `Maven ended with ${code}; is Maven Central (or your mirror of it) reachable?\n${lastLines.join("\n")}`,
  );
}
