import { describe, expect, it } from "vitest";
import { type EffectPlace, outOfOrder } from "../../chaos/check/order.js";
import { GeneratedTransfers } from "../../chaos/load/generated.js";
import type { Submitted } from "../../chaos/load/submitted.js";
import type { Tracked } from "../../runtime/session/tracker.js";
import { seeded } from "../../simulator/kernel/random.js";
import { makeTestNetwork } from "../../simulator/world/network.js";

const { network } = makeTestNetwork();

/** Three transfers of one sender, with nonces 0, 1 and 2, at offsets 0, 1 and 2. */
function threeOfOne(ends: readonly Partial<Tracked>[] = []): Submitted[] {
  const generated = new GeneratedTransfers(network, seeded(8));
  const first = generated.next();
  const publications = [first];
  while (publications.length < 3) {
    const next = generated.next();
    if (next.queue === first.queue) publications.push(next);
  }
  return publications.map((publication, offset) => ({
    publication,
    tracked: { submission: { partition: 0, offset }, ...ends[offset] } as unknown as Tracked,
  }));
}

function judge(submitted: readonly Submitted[], places: readonly (EffectPlace | undefined)[]): string[] {
  const byPlace = new Map(places.map((place, offset) => [`0:${offset}`, place]));
  return outOfOrder(submitted, network.rules, (source) => byPlace.get(source));
}

describe("the order of a sender's transactions", () => {
  it("holds across a change: heights begin again, epochs don't", () => {
    const places = [
      { epoch: 0, height: 70 },
      { epoch: 3, height: 2 },
      { epoch: 3, height: 2 },
    ];
    expect(judge(threeOfOne(), places)).toEqual([]);
  });

  it("is broken by a lower height in the same shard, and by an earlier shard", () => {
    const inOneShard = [
      { epoch: 0, height: 7 },
      { epoch: 0, height: 9 },
      { epoch: 0, height: 8 },
    ];
    expect(judge(threeOfOne(), inOneShard)).toHaveLength(1);
    const backInParent = [
      { epoch: 0, height: 7 },
      { epoch: 1, height: 1 },
      { epoch: 0, height: 8 },
    ];
    expect(judge(threeOfOne(), backInParent)).toHaveLength(1);
  });

  it("is broken by a refusal for coming too early, unless an earlier one was refused for another reason", () => {
    const early = { outcome: "refused", code: "NONCE_GAP" } as const;
    expect(judge(threeOfOne([{}, early]), [])).toHaveLength(1);
    expect(judge(threeOfOne([{ outcome: "refused", code: "NONCE_USED" }, early]), [])).toHaveLength(1);
    expect(judge(threeOfOne([{ outcome: "refused", code: "INSUFFICIENT_BALANCE" }, early]), [])).toEqual([]);
  });

  it("isn't broken where the second of three was never published", () => {
    const [first, , third] = threeOfOne([{}, {}, { outcome: "refused", code: "NONCE_GAP" }]);
    expect(judge([first!, third!], [])).toEqual([]);
  });
});
