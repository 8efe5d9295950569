import { mkdirSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type CpuProfile, flameGraph } from "./flame-graph.js";
import { partsOf } from "./parts.js";

/** CPU.<date>.<time>.<process id>.<thread>.<number>.cpuprofile, as Node names them. */
const PROFILE_NAME = /^CPU\.\d+\.\d+\.(\d+)\.(\d+)\.\d+\.cpuprofile$/;

/** Flags that have a Node process, and each thread of it, leave a CPU profile in the directory when it ends. */
export function profilingFlags(directory: string): string[] {
  mkdirSync(directory, { recursive: true });
  return ["--cpu-prof", `--cpu-prof-dir=${directory}`];
}

/**
 * Draws a flame graph beside each profile of these processes, `<process>-<thread>.svg`, and says in `parts.json` how each
 * thread's time divides. Thread 0 runs the stages, the others check signatures.
 * @param names of the processes, by id
 */
export async function drawProfiles(
  directory: string,
  names: ReadonlyMap<number, string>,
  say: (line: string) => void,
): Promise<void> {
  const parts: Record<string, object> = {};
  for (const file of (await readdir(directory)).sort()) {
    const [, pid, thread] = PROFILE_NAME.exec(file) ?? [];
    const name = names.get(Number(pid));
    if (name === undefined) continue;
    const profile = JSON.parse(await readFile(join(directory, file), "utf8")) as CpuProfile;
    const title = `${name}, thread ${thread}`;
    const drawn = `${name.replaceAll(/[^\w]+/g, "-")}-${thread}.svg`;
    await writeFile(join(directory, drawn), flameGraph(profile, title));
    parts[title] = partsOf(profile);
    say(`flame graph: ${join(directory, drawn)}`);
  }
  await writeFile(join(directory, "parts.json"), `${JSON.stringify(parts, null, 2)}\n`);
}
