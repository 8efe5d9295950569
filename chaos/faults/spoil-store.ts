import { closeSync, existsSync, fstatSync, openSync, readdirSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Chance } from "../../simulator/kernel/random.js";
import { STORING_PROCESSES } from "../network/process-name.js";
import { pick } from "../schedule/random.js";
import type { Fault } from "./fault.js";

/** Bytes that a corruption overwrites. */
const GARBAGE_BYTES = 64;

/** A process with a local store is killed, one shard's store is spoilt, and the process is started again. */
function spoiling(how: string, spoil: (directory: string, chance: Chance) => string): Fault {
  return async ({ network, chance }) => {
    const { children, rebuilds } = network;
    const name = pick(STORING_PROCESSES, chance);
    const { shard, partition } = pick(network.working, chance);
    await children.end(name, "SIGKILL");
    const what = spoil(network.storeOf(name, partition), chance);
    await rebuilds.begin(name, shard);
    await children.start(network.planOf(name));
    return { hit: `${name}-${partition} (${how} ${what})`, overMs: Date.now() };
  };
}

/** Deletes a store or overwrites a stretch of it; says which. */
export function spoilStore(directory: string, chance: Chance): string {
  return chance(2) === 0 ? `deleted ${remove(directory)}` : `corrupted ${overwrite(directory, chance)}`;
}

function remove(directory: string): string {
  rmSync(directory, { recursive: true, force: true });
  return "all";
}

/** Overwrites a stretch of one of the store's files, anywhere in it. */
function overwrite(directory: string, chance: Chance): string {
  // A shard that has just begun may have none yet.
  if (!existsSync(directory)) return "nothing";
  const names = readdirSync(directory).filter((name) =>
    /^(?:MANIFEST-|CURRENT$|.*\.(?:ldb|log)$)/.test(name),
  );
  const name = pick(names.sort(), chance);
  const file = openSync(join(directory, name), "r+");
  const at = chance(Math.max(1, fstatSync(file).size - GARBAGE_BYTES));
  writeSync(file, Buffer.alloc(GARBAGE_BYTES, 0xa5), 0, GARBAGE_BYTES, at);
  closeSync(file);
  return `${name} at ${at}`;
}

export const deleteStore = spoiling("deleted", remove);

export const corruptStore = spoiling("corrupted", overwrite);
