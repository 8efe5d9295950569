import { expect, it } from "vitest";
import { LoadHistory } from "../../../ml/scaling/load-history.js";
import { Sources } from "../../../ml/scaling/sources.js";

const SHARDS = 10;

function histories(seconds: number): Map<number, LoadHistory> {
  return new Map(
    Array.from({ length: SHARDS }, (_, shard) => {
      const history = LoadHistory.empty(String(shard));
      for (let second = 0; second < seconds; second++)
        history.add(1_000 * second, 300 + 100 * Math.sin(second / 9 + shard));
      return [shard, history] as const;
    }),
  );
}

it("ridge regressions of shards that are due at a time are fitted a few a tick", () => {
  const sources = new Sources();
  const fitted = [400, 401, 402, 403].map((seconds) => {
    const said = sources.ask(histories(seconds), undefined);
    return [...said.values()].filter((own) => own.has("ridge")).length;
  });
  expect(fitted).toEqual([4, 8, 10, 10]);
});
