import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DoneChange, proposeChange, untilActive } from "../../chaos/changes/change.js";
import { possibleMerges } from "../../chaos/changes/choose.js";
import { judge } from "../../chaos/check/verdict.js";
import { GeneratedTransfers } from "../../chaos/load/generated.js";
import { Load } from "../../chaos/load/load.js";
import { RealTransactions } from "../../chaos/load/real.js";
import { ChaosNetwork } from "../../chaos/network/chaos-network.js";
import type { ProcessName } from "../../chaos/network/process-name.js";
import type { ShardList } from "../../runtime/topology/shard-list.js";
import { seeded } from "../../simulator/kernel/random.js";
import { buildProgram, Program } from "./program.js";
import { until } from "./support.js";

/** A run takes about a minute and a half on an idle machine; a busy one may need several times that. */
const RUN_TIMEOUT_MS = 480_000;
const SEED = 31;
const PER_SECOND = 12;
/** Each quarter of it has senders of generated transfers. */
const SPLIT_SHARD = 3;
/** More real ones than are needed. */
const REAL_TRANSACTIONS = 2_000;

const lines: string[] = [];

describe("shards that split and merge on the embedded broker, each stage a process", () => {
  let network: ChaosNetwork;
  let load: Load;
  let generated: GeneratedTransfers;

  beforeAll(async () => {
    buildProgram();
    const say = (line: string) => void lines.push(line);
    const real = RealTransactions.read(REAL_TRANSACTIONS, say);
    network = await ChaosNetwork.start({ accounts: real.accounts(), say });
    load = await Load.open(network.environment);
    generated = new GeneratedTransfers(network.environment.network, seeded(SEED));
    let turn = 0;
    load.start(() => (turn++ % 2 === 0 && real.next()) || generated.next(), PER_SECOND);
  }, RUN_TIMEOUT_MS);

  afterAll(async () => {
    await load?.close();
    await network?.stop(false);
  });

  /** Kills a process as soon as the change is decided: the tree is another one, and nothing has followed yet. */
  async function changeWithKill(
    change: Parameters<typeof proposeChange>[1],
    name?: ProcessName,
  ): Promise<DoneChange> {
    const accepted = await proposeChange(network, change);
    const pid = name && network.children.startOf(name)?.pid;
    if (pid !== undefined) process.kill(pid, "SIGKILL");
    return untilActive(network, accepted);
  }

  it(
    "lose nothing, refuse nothing and keep everyone's order, though execute and a validator die in the middle",
    async () => {
      await until("load under way", () => load.submitted.length > 40 && load.tracker.pending < 40);
      const { topology } = network.environment;
      const first = { kind: "SPLIT" as const, shards: [SPLIT_SHARD] };
      const done = [await changeWithKill(first, "execute")];
      // One of the halves at once again.
      const [left] = topology.current.begunIn(done[0]!.epoch);
      done.push(await changeWithKill({ kind: "SPLIT", shards: [left!.shard] }, "vote-2"));
      done.push(await changeWithKill(possibleMerges(topology.current)[0]!));
      await load.stop();
      process.stderr.write(
        `${lines.join("\n")}\n${done.map(({ kind, tookMs }) => `${kind}: ${tookMs} ms`).join(", ")}\n`,
      );

      const program = new Program(network.home);
      const { brokers, registryUrl } = network.embedded;
      const listed = await program.run(
        ...["shards", "list", "--json", "--home", network.home, "--network", "chaos"],
        ...["--brokers", brokers.join(","), "--registry", registryUrl],
      );
      expect(listed).toMatchObject({ code: 0 });
      const { epoch, shards } = JSON.parse(listed.stdout) as ShardList;
      expect(epoch).toBe(3);
      const { path } = topology.current.shard(SPLIT_SHARD);
      const lives = Object.fromEntries(
        shards.map(({ path: of, life, epoch: since }) => [`${of}@${since}`, life]),
      );
      expect(lives).toMatchObject({
        [`${path}@0`]: "ended",
        [`${path}.1@1`]: "ended",
        [`${path}.2@1`]: "active",
        [`${path}.1.1@2`]: "ended",
        [`${path}.1.2@2`]: "ended",
        [`${path}.1@3`]: "active",
      });

      const verdict = await judge(network, load, generated);
      expect(verdict.wrong).toEqual([]);
      expect(verdict).toMatchObject({ lost: 0, duplicated: 0, valueConserved: true, rebuiltEqual: true });
      expect(verdict.submitted).toBeGreaterThan(100);
    },
    RUN_TIMEOUT_MS,
  );
});
