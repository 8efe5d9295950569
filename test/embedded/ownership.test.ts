import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDataDirectory } from "../../runtime/embedded/data-directory.js";
import { claim, markOf, recordChild, release } from "../../runtime/embedded/ownership.js";
import { choosePorts } from "../../runtime/embedded/ports.js";

let directory: string;
const sleepers: ChildProcess[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rustorium-ownership-"));
});

afterEach(() => {
  for (const sleeper of sleepers.splice(0)) sleeper.kill("SIGKILL");
  rmSync(directory, { recursive: true, force: true });
});

/** A process that runs until it is told to stop. */
function sleeper(): ChildProcess & { pid: number } {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  sleepers.push(child);
  return child as ChildProcess & { pid: number };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    await new Promise((resolve) => child.once("exit", resolve));
  }
}

describe("an ownership file", () => {
  it("belongs to one owner until it is released", () => {
    const file = join(directory, "owner");
    expect(claim(file)).toEqual({ taken: true, orphans: [] });
    expect(claim(file)).toMatchObject({ taken: false, owner: { pid: process.pid } });
    release(file);
    expect(claim(file).taken).toBe(true);
  });

  it("is not taken from a process that lives", () => {
    const file = join(directory, "owner");
    const owner = markOf(sleeper().pid);
    writeFileSync(file, JSON.stringify({ owner, children: {} }));
    expect(claim(file)).toEqual({ taken: false, owner });
  });

  it("is taken from a dead owner, with what it left running", async () => {
    const file = join(directory, "owner");
    const owner = sleeper();
    const orphan = markOf(sleeper().pid)!;
    const gone = { pid: orphan.pid, identity: "another start time" };
    writeFileSync(
      file,
      JSON.stringify({ owner: markOf(owner.pid), children: { broker: orphan, registry: gone } }),
    );
    owner.kill("SIGKILL");
    await ended(owner);
    expect(claim(file)).toEqual({ taken: true, orphans: [orphan] });
  });

  it("is taken when its owner's number now belongs to another process", () => {
    const file = join(directory, "owner");
    const owner = { pid: process.pid, identity: "another start time" };
    writeFileSync(file, JSON.stringify({ owner, children: {} }));
    expect(claim(file).taken).toBe(true);
  });

  it("is taken when it was half written", () => {
    const file = join(directory, "owner");
    writeFileSync(file, '{"owner":');
    expect(claim(file).taken).toBe(true);
  });
});

describe("a data directory", () => {
  const quiet = (): void => {};

  it("in use is refused by its code", async () => {
    const data = await openDataDirectory(directory, false, quiet);
    await expect(openDataDirectory(directory, false, quiet)).rejects.toMatchObject({
      code: "DATA_DIRECTORY_IN_USE",
    });
    data.release();
    (await openDataDirectory(directory, false, quiet)).release();
  });

  it("is emptied when fresh, and keeps its content otherwise", async () => {
    const first = await openDataDirectory(directory, false, quiet);
    const file = join(first.broker, "content");
    writeFileSync(file, "");
    first.release();
    (await openDataDirectory(directory, false, quiet)).release();
    expect(existsSync(file)).toBe(true);
    (await openDataDirectory(directory, true, quiet)).release();
    expect(existsSync(file)).toBe(false);
  });

  it("that we did not make is never emptied", async () => {
    const file = join(directory, "broker");
    writeFileSync(file, "a user's own file");
    await expect(openDataDirectory(directory, true, quiet)).rejects.toThrow();
    expect(existsSync(file)).toBe(true);
  });

  it("ends the children of a dead owner", async () => {
    const owner = sleeper();
    const orphan = sleeper();
    const file = join(directory, "owner.json");
    writeFileSync(file, JSON.stringify({ owner: markOf(owner.pid), children: {} }));
    recordChild(file, "broker", orphan.pid);
    owner.kill("SIGKILL");
    await ended(owner);
    (await openDataDirectory(directory, false, quiet)).release();
    expect(markOf(orphan.pid)).toBeUndefined();
  });
});

describe("ports", () => {
  it("are all different, and a taken one is refused by its code", async () => {
    const { createServer } = await import("node:net");
    const chosen = await choosePorts([undefined, undefined, undefined]);
    expect(new Set(chosen).size).toBe(3);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(chosen[0], "127.0.0.1", resolve));
    await expect(choosePorts([chosen[0]])).rejects.toMatchObject({ code: "PORT_IN_USE" });
    await new Promise((resolve) => server.close(resolve));
  });
});
