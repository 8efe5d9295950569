import type { KeyPair } from "../../ledger/crypto/ed25519.js";
import { topicOnCluster } from "../../topics/catalogue.js";
import type { Broker } from "../kafka/broker.js";
import type { Random } from "../kernel/random.js";
import type { Scheduler } from "../kernel/scheduler.js";
import type { Node } from "../world/node.js";
import type { FaultClass } from "./classes.js";
import type { Poisoner } from "./poison.js";
import type { Weather } from "./weather.js";

/** What faults act on. */
export interface Targets {
  readonly scheduler: Scheduler;
  readonly broker: Broker;
  readonly weather: Weather;
  readonly poisoner: Poisoner;
  readonly networkName: string;
  /** Nodes whose processes may be hurt. */
  readonly nodes: readonly Node[];
  /** A second member of the stages' groups, which comes and goes. */
  readonly spare: Node;
  readonly dishonest: { readonly validator: number; readonly keyPair: KeyPair } | undefined;
  readonly shardPartitions: readonly number[];
  readonly note: (fault: FaultClass) => void;
  /** A record that is no transaction was published. */
  readonly onPoison: (place: { partition: number; offset: number; code: string }) => void;
}

/** Effects of a process within which it dies, in the fault that counts them. */
const EFFECTS_MAX = 80;
const FREEZE_MS_MAX = 7_000;
const OUTAGE_MS_MAX = 2_500;
const SPELL_MS_MAX = 1_500;
const BATCHES_LOST_MAX = 4;

/** Does one fault of a class now. Where there is nothing to do it to, nothing happens and nothing is counted. */
export function inject(fault: FaultClass, targets: Targets, random: Random): void {
  const { scheduler, broker, weather, poisoner, note } = targets;
  switch (fault) {
    case "lost-request":
    case "lost-reply":
    case "slow-network":
    case "repeated-end":
    case "late-marker":
      weather.worsen(fault, random.fraction() * SPELL_MS_MAX);
      return;
    case "kill":
      onProcess(targets, random, (node) => {
        note(fault);
        node.kill();
      });
      return;
    case "crash-at-effect":
      onProcess(targets, random, (node) => {
        const process = node.running!;
        if (process.crashAt) return;
        note(fault);
        const effect = process.effects + random.between(1, EFFECTS_MAX);
        process.crashAt = { effect, when: random.chance(0.5) ? "before" : "after" };
      });
      return;
    case "freeze":
      onProcess(targets, random, (node) => {
        const process = node.running!;
        if (process.isFrozen) return;
        note(fault);
        process.freeze();
        scheduler.after(random.fraction() * FREEZE_MS_MAX, "resume", () => process.resume());
      });
      return;
    case "broker-outage":
      if (broker.isDown) return;
      note(fault);
      broker.isDown = true;
      scheduler.after(random.fraction() * OUTAGE_MS_MAX, "broker up", () => {
        broker.isDown = false;
      });
      return;
    case "store-lost":
    case "store-tail-lost":
    case "store-damaged":
    case "store-rolled-back":
    case "store-of-another":
      onStore(fault, targets, random);
      return;
    case "second-producer": {
      note(fault);
      const stage = random.pick(["execute", "finalize"]);
      const id = `${targets.networkName}.${stage}.${random.pick(targets.shardPartitions)}`;
      broker.transactions.initialise(id, OUTAGE_MS_MAX);
      return;
    }
    case "rebalance":
      note(fault);
      if (targets.spare.running) targets.spare.stop();
      else targets.spare.start();
      return;
    case "poison-transaction":
      note(fault);
      targets.onPoison(poisoner.transaction());
      return;
    case "poison-log":
      note(fault);
      poisoner.log();
      return;
    case "poison-votes":
      note(fault);
      poisoner.votes();
      return;
    case "dishonest-validator":
      if (!targets.dishonest) return;
      note(fault);
      poisoner.doubleVote(targets.dishonest.validator, targets.dishonest.keyPair);
      return;
    case "clock-skew":
      // Each machine's clock differs from the beginning; see world.ts.
      return;
    case "compaction": {
      note(fault);
      const topic = topicOnCluster(targets.networkName, "shard.state");
      for (const partition of broker.partitions(topic)) partition.compact();
      return;
    }
    case "positions-lost": {
      const [name] = [...broker.groups.keys()].sort().slice(random.below(Math.max(1, broker.groups.size)));
      if (name === undefined) return;
      note(fault);
      broker.group(name).offsets.clear();
      return;
    }
  }
}

function onProcess({ nodes }: Targets, random: Random, act: (node: Node) => void): void {
  const running = nodes.filter((node) => node.running);
  if (running.length > 0) act(random.pick(running));
}

/** Kills a process and does something to one of its stores before it is started again. */
function onStore(
  fault: "store-lost" | "store-tail-lost" | "store-damaged" | "store-rolled-back" | "store-of-another",
  { nodes, note }: Targets,
  random: Random,
): void {
  const withStores = nodes.filter(({ disk }) => disk.paths.length > 0);
  if (withStores.length === 0) return;
  const node = random.pick(withStores);
  const { disk } = node;
  note(fault);
  node.kill();
  const path = random.pick(disk.paths);
  switch (fault) {
    case "store-lost":
      disk.lose(path);
      break;
    case "store-tail-lost":
      disk.loseTail(path, random.between(1, BATCHES_LOST_MAX));
      break;
    case "store-rolled-back":
      disk.loseTail(path, random.between(BATCHES_LOST_MAX, 10 * BATCHES_LOST_MAX));
      break;
    case "store-damaged":
      disk.damage(path);
      break;
    case "store-of-another":
      disk.replace(path, random.pick(disk.paths));
      break;
  }
}
