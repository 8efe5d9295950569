import type { ProcessName } from "../network/process-name.js";
import { PROCESSES, VALIDATOR_PROCESSES } from "../network/process-name.js";
import { ProgressWatch } from "../progress/progress-watch.js";
import { pick } from "../schedule/random.js";
import { within } from "../wait.js";
import type { Fault, Strike, Surroundings } from "./fault.js";

/** A process that has written nothing by then counts as not recovered, in milliseconds. */
const RECOVERY_BOUND_MS = 60_000;

/** kill -9 of one stage. */
export function killing(name: ProcessName): Fault {
  return (surroundings) => killAll([name], surroundings);
}

/** kill -9 of one validator, of those whose state is whole where there are any. */
export const killValidator: Fault = (surroundings) => {
  const { network, chance } = surroundings;
  const whole = VALIDATOR_PROCESSES.filter((name) => !network.rebuilds.has(name));
  return killAll([pick(whole.length > 0 ? whole : VALIDATOR_PROCESSES, chance)], surroundings);
};

/** kill -9 of two processes at once. */
export const killTwo: Fault = (surroundings) => {
  const { chance } = surroundings;
  const first = pick(PROCESSES, chance);
  const others = PROCESSES.filter((name) => name !== first);
  return killAll([first, pick(others, chance)], surroundings);
};

/**
 * Kills processes and measures each one's recovery: from the kill to when we see, committed, the first record that the
 * broker appended to its output after its successor was spawned. So nothing that the dead one had sent counts, and
 * spawning, joining the group, the dead member's session time-out, opening the tasks and a whole step are in it.
 *
 * One that is killed while it executes a shard's log again, because an earlier fault took its store, is left out: it was not
 * processing what is new when it was killed, and its first output waits for the rest of the log. How long that takes shows in
 * no figure here, but that it ends is checked (chaos/progress/rebuilds.ts).
 */
async function killAll(names: readonly ProcessName[], { network }: Surroundings): Promise<Strike> {
  const { children, environment, rebuilds } = network;
  const whole = names.filter((name) => !rebuilds.has(name));
  const watches = new Map<ProcessName, ProgressWatch>();
  for (const name of whole) watches.set(name, await ProgressWatch.start(environment, name));
  const before = new Map(names.map((name) => [name, children.startOf(name)?.pid]));
  const overMs = Date.now();
  for (const pid of before.values()) if (pid !== undefined) process.kill(pid, "SIGKILL");
  const wrong: string[] = [];
  const recoveries = await Promise.all(
    Array.from(watches, async ([name, watch]) => {
      try {
        const successor = () => {
          const start = children.startOf(name);
          return start && start.pid !== before.get(name) ? start : undefined;
        };
        await within(RECOVERY_BOUND_MS, () => successor() !== undefined);
        const spawned = successor();
        const seenMs = spawned && (await watch.firstSince(spawned.atMs, RECOVERY_BOUND_MS));
        if (seenMs === undefined)
          wrong.push(`${name} wrote nothing within ${RECOVERY_BOUND_MS} ms of its kill`);
        return { process: name, tookMs: (seenMs ?? Date.now()) - overMs };
      } finally {
        await watch.stop();
      }
    }),
  );
  const hit = names.map((name) => (watches.has(name) ? name : `${name} (its store not yet rebuilt)`));
  return { hit: hit.join(" and "), overMs, recoveries, wrong };
}
