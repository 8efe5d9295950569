import { pause } from "../../runtime/embedded/time.js";
import {
  type AcceptedChange,
  type DoneChange,
  nameOf,
  proposeChange,
  untilActive,
} from "../changes/change.js";
import { chooseChange } from "../changes/choose.js";
import { SHARDS_MAX } from "../network/chaos-network.js";
import { CHECKPOINTS, PROCESSES } from "../network/process-name.js";
import { pick } from "../schedule/random.js";
import { within } from "../wait.js";
import type { Fault, Surroundings } from "./fault.js";

/** A kill comes at any moment of the first so many milliseconds of a change: most are done by then, few long before. */
const KILL_WITHIN_MS = 4_000;
/** One strike in so many kills nobody, one in so many of the others kills twice. */
const WITHOUT_KILL = 6;
const SECOND_KILL = 3;
/** One strike in so many has another change follow at once, when the first one is decided. */
const SECOND_CHANGE = 3;
/** A killed process runs again by then, in milliseconds. */
const SUCCESSOR_BOUND_MS = 60_000;
/** Those that have a part in a change. */
const KILLED = [...PROCESSES.filter((name) => name !== "notify"), CHECKPOINTS];

/** A split or merge under load, and, in most strikes, kill -9 of a process at some moment before it is done. */
export const reshard: Fault = async (surroundings) => {
  const { network, chance } = surroundings;
  const kills = killsMeanwhile(surroundings);
  const wrong: string[] = [];
  const changes: DoneChange[] = [];
  const accepted: Promise<void>[] = [];
  const names: string[] = [];
  const follow = (change: AcceptedChange) =>
    untilActive(network, change).then(
      (done) => void changes.push(done),
      (error: unknown) => void wrong.push(String(error)),
    );
  const count = chance(SECOND_CHANGE) === 0 ? 2 : 1;
  for (let index = 0; index < count; index++) {
    const change = chooseChange(await network.environment.topology.refresh(), SHARDS_MAX, chance);
    if (!change) continue;
    names.push(nameOf(change));
    try {
      accepted.push(follow(await proposeChange(network, change)));
    } catch (error) {
      wrong.push(String(error));
    }
  }
  await Promise.all(accepted);
  const killed = await kills;
  const hit = [names.join(", then at once "), ...killed.map((kill) => `kill of ${kill}`)].join("; ");
  return { hit, overMs: Date.now(), changes, wrong };
};

/** Kills at moments that are chosen now; resolves when what was killed runs again. */
async function killsMeanwhile({ network, chance }: Surroundings): Promise<string[]> {
  const { children } = network;
  const count = chance(WITHOUT_KILL) === 0 ? 0 : chance(SECOND_KILL) === 0 ? 2 : 1;
  const planned = Array.from({ length: count }, () => ({
    name: pick(KILLED, chance),
    afterMs: chance(KILL_WITHIN_MS),
  }));
  return Promise.all(
    planned.map(async ({ name, afterMs }) => {
      await pause(afterMs);
      const before = children.startOf(name)?.pid;
      // Not running: it is just being started again.
      if (before !== undefined) process.kill(before, "SIGKILL");
      await within(SUCCESSOR_BOUND_MS, () => {
        const pid = children.startOf(name)?.pid;
        return pid !== undefined && pid !== before;
      });
      return `${name} after ${afterMs} ms`;
    }),
  );
}
