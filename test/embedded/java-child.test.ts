import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { startJava, WATCHED } from "../../runtime/embedded/java-child.js";
import { markOf } from "../../runtime/embedded/ownership.js";

const directory = mkdtempSync(join(tmpdir(), "rustorium-child-"));
const logFile = join(directory, "child.log");

afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Starts Node in place of Java: any program will do here. */
function startScript(script: string, stopTimeoutMs?: number) {
  return startJava({
    java: process.execPath,
    arguments: ["-e", script],
    workingDirectory: directory,
    logFile,
    ...(stopTimeoutMs === undefined ? {} : { stopTimeoutMs }),
  });
}

/** Waits until a process is gone. */
async function gone(pid: number): Promise<void> {
  while (markOf(pid) !== undefined) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Waits until the child has printed this. */
async function printed(text: string): Promise<void> {
  for (;;) {
    try {
      if (readFileSync(logFile, "utf8").includes(text)) return;
    } catch {
      // Not a line yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("a child", () => {
  it("reports how it ended, with its last lines", async () => {
    const end = await startScript("console.log('a'); console.error('b'); process.exit(3)").ended;
    expect(end.code).toBe(3);
    expect([...end.lastLines].sort()).toEqual(["a", "b"]);
  });

  it("that does not exist ends at once", async () => {
    const missing = join(directory, "missing");
    const child = startJava({ java: missing, arguments: [], workingDirectory: directory, logFile });
    expect((await child.ended).code).not.toBe(0);
  });

  it("stops politely", async () => {
    const child = startScript("setInterval(() => {}, 1000)");
    expect(child.hasEnded()).toBe(false);
    expect((await child.stop()).signal).toBe("SIGTERM");
    expect(markOf(child.pid)).toBeUndefined();
  });

  it("that ignores the polite way is killed", async () => {
    const child = startScript(
      "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('deaf')",
      100,
    );
    await printed("deaf");
    expect((await child.stop()).signal).toBe("SIGKILL");
  });

  it.skipIf(process.platform === "win32")("does not outlive a parent that is killed", async () => {
    const parentScript = `
      const { spawn } = require("node:child_process");
      const child = spawn("/bin/sh", ["-c", ${JSON.stringify(WATCHED)}, "sh", "sleep", "1000"], {
        detached: true, stdio: ["pipe", "ignore", "ignore"],
      });
      console.log(child.pid);
    `;
    const parent = spawn(process.execPath, ["-e", parentScript], { stdio: ["ignore", "pipe", "ignore"] });
    const pid = await new Promise<number>((resolve) => {
      parent.stdout.once("data", (chunk: Buffer) => resolve(Number(chunk.toString())));
    });
    expect(markOf(pid)).toBeDefined();
    parent.kill("SIGKILL");
    await gone(pid);
  });
});
