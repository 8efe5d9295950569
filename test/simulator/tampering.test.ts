import { describe, expect, it } from "vitest";
import { otherVote, voteOf } from "./alterations.js";
import { auditHistory } from "./audited.js";
import { broken, end, intents, net, pipeline, stores } from "./audited-run.js";
import type { Tampered } from "./tamper.js";
import { TAMPERINGS } from "./tamperings.js";

describe("the model", () => {
  it("finds nothing wrong with the history that is altered below", () => {
    const { model, violations } = auditHistory({ net, history: pipeline.history, intents, end });
    expect(violations).toEqual([]);
    expect(model.counts).toMatchObject({ transfers: 10, refused: 3, crossShard: 7, settled: 7 });
  });

  it.each(TAMPERINGS)("finds %s: %s", (_, invariant, alter) => {
    expect(broken(alter)).toEqual([invariant]);
  });

  it("finds what the end is wrong about", () => {
    const [first, ...rest] = stores;
    const state = new Map(first!.state);
    state.delete([...state.keys()][0]!);
    const same = () => {};
    expect(broken(same, { end: { ...end, stores: [{ ...first!, state }, ...rest] } })).toEqual([
      "store-equals-topics",
    ]);
    expect(broken(same, { end: { ...end, stores: [{ ...first!, height: 0 }] } })).toEqual(["lag-zero"]);
    const records = pipeline.topics.records("shard.log", 1).slice(1);
    expect(broken(same, { end: { ...end, cold: [{ partition: 1, records }] } })).toContain("prefix-final");
  });

  it("finds an acknowledged record that is not there, and one that is judged otherwise than it was made", () => {
    const more = { kind: "rejected", code: "MALFORMED", partition: 0, offset: 1_000 } as const;
    expect(broken(() => {}, { intents: [...intents, more] })).toEqual(["ended-once"]);
    const others = intents.map((intent) =>
      intent.kind === "rejected" ? { ...intent, code: "TOO_LARGE" } : intent,
    );
    expect(broken(() => {}, { intents: others })).toEqual(["judged-rightly"]);
  });

  it("expects nothing of a dishonest validator", () => {
    const twice = (tampered: Tampered) => tampered.copy(voteOf(tampered, 1), "Vote", otherVote);
    expect(broken(twice, { dishonest: [1] })).toEqual([]);
  });
});
