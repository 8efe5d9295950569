import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { genesisAccounts, loadAccounts } from "../../bench/load/accounts.js";
import { LoadGenerator } from "../../bench/load/load.js";
import { zipfSampler } from "../../bench/load/sampler.js";
import { latenciesOf } from "../../bench/measure/latencies.js";
import { pipelinePicture } from "../../bench/picture/picture.js";
import type { PipelineReport } from "../../bench/pipeline/run.js";
import { flameGraph } from "../../bench/profile/flame-graph.js";
import { runStages } from "../../bench/stages/run.js";
import { SCHEMA_ID, STAGES_CHAIN_ID, stagesNetwork } from "../../bench/stages/tasks.js";
import { transactionIdOf } from "../../ledger/transaction/index.js";
import { codec, fromWire } from "../../schemas/codec.js";
import { Random } from "../../simulator/kernel/random.js";

const say = () => undefined;

describe("the load of a bench", () => {
  it("is the same for the same seed, goes to other shards as often as asked, and takes back what isn't sent", () => {
    const accounts = loadAccounts(200, "mixed", 3);
    const { topology } = stagesNetwork(1, genesisAccounts(accounts));
    const options = {
      chainId: STAGES_CHAIN_ID,
      accounts,
      skew: "uniform",
      crossShare: 0.5,
      seed: 9,
    } as const;
    const make = () => new LoadGenerator(options, topology, SCHEMA_ID);
    const [left, right] = [make(), make()];
    const ids = (generator: LoadGenerator) =>
      Array.from({ length: 50 }, () => {
        const { value } = generator.next();
        return transactionIdOf(codec("SignedTransaction").decode(fromWire(value)!.avroBytes)!).toString(
          "hex",
        );
      });
    expect(ids(left)).toEqual(ids(right));
    const last = left.next();
    left.takeBack([last]);
    expect(last.key.length).toBe(20);
  });

  it("by Zipf's law has the first account much more often than the last", () => {
    const counts = new Array<number>(100).fill(0);
    const sample = zipfSampler(100, 0.9, new Random(1));
    for (let draw = 0; draw < 20_000; draw++) counts[sample()]!++;
    const weights = counts.map((_, index) => (index + 1) ** -0.9);
    const sum = weights.reduce((a, b) => a + b);
    for (const index of [0, 1, 9, 50]) expect(counts[index]! / 20_000).toBeCloseTo(weights[index]! / sum, 1);
    expect(counts[0]!).toBeGreaterThan(20 * counts[99]!);
  });
});

describe("the bench of the stages", () => {
  it.each([0, 0.75])("ends every transaction well, with %d of them to other shards", (crossShare) => {
    const options = { validators: 4, scheme: "mixed", accounts: 60, crossShare, seed: 1 } as const;
    const report = runStages({ ...options, transactions: 200, say });
    expect(Object.keys(report.microsecondsPerTransaction).sort()).toEqual(
      ["execute", "finalize", "notify", "relay", "shard-assign", "validate", "vote"].sort(),
    );
    for (const micros of Object.values(report.microsecondsPerTransaction)) expect(micros).toBeGreaterThan(0);
  });
});

describe("what the bench draws and counts", () => {
  it("percentiles by nearest rank", () => {
    expect(latenciesOf(Float64Array.from({ length: 1_000 }, (_, index) => 1_000 - index))).toEqual({
      count: 1_000,
      p50: 500,
      p99: 990,
      p999: 999,
      max: 1_000,
    });
    expect(latenciesOf(new Float64Array(0))).toBeNull();
  });

  it("the picture of the README from the recorded runs, as it is there", () => {
    const results = new URL("../../bench/results/", import.meta.url);
    const names = readdirSync(results).filter((name) => name.startsWith("pipeline-"));
    expect(names.length).toBeGreaterThan(1);
    const recorded = names.sort().map((name) => {
      const { report } = JSON.parse(readFileSync(new URL(name, results), "utf8")) as {
        report: PipelineReport;
      };
      return report;
    });
    const drawn = pipelinePicture(recorded);
    expect(drawn).toBe(readFileSync(new URL("../../docs/bench.svg", import.meta.url), "utf8"));
    for (const report of recorded) expect(drawn).toContain(`${report.ratioToSignatureLimit} of`);
  });

  it("a flame graph without idle time", () => {
    const frame = (functionName: string) => ({ functionName, url: "file:///x/y/z.js", lineNumber: 4 });
    const svg = flameGraph(
      {
        nodes: [
          { id: 1, callFrame: frame("(root)"), children: [2, 3] },
          { id: 2, callFrame: frame("(idle)") },
          { id: 3, callFrame: frame("work<T>"), children: [4] },
          { id: 4, callFrame: frame("inner") },
        ],
        samples: [2, 3, 4],
        timeDeltas: [9_000, 1_000, 3_000],
      },
      "a title",
    );
    expect(svg).toContain("<title>work&lt;T&gt; y/z.js:5 4 ms, 100.0 %</title>");
    expect(svg).toContain("<title>inner y/z.js:5 3 ms, 75.0 %</title>");
    expect(svg).not.toContain("idle");
  });
});
