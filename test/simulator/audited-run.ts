import { makeTestNetwork, ONE } from "../../simulator/world/network.js";
import { type AuditOptions, auditHistory, intentOf, RecordedPipeline, storesOf } from "./audited.js";
import { Tampered } from "./tamper.js";

/** A network with transfers of every outcome, the last one cancelled for being late. */
export const net = makeTestNetwork({ shards: 2, parameters: { unfinalisedBlocksMax: 3 } });
export const pipeline = new RecordedPipeline(net);
export const [a, b, c] = [net.wallet(1), net.wallet(1, 1), net.wallet(2)];
for (let round = 0; round < 3; round++) {
  pipeline.pay(a, b, 5n * ONE, { gasPrice: 2n });
  pipeline.pay(a, c, 7n * ONE, { gasPrice: 3n });
  pipeline.pay(c, a, 2n * ONE);
  pipeline.runUntilQuiet();
}
pipeline.pay(a, b, ONE, { nonce: 0 });
pipeline.pay(b, c, ONE, { nonce: 99 });
pipeline.pay(b, c, 10n ** 30n, { nonce: b.nonce });
pipeline.publish(Buffer.from("junk"), a.account);
pipeline.runUntilQuiet();
pipeline.stop("relay");
pipeline.pay(b, c, 3n * ONE);
pipeline.runUntilQuiet();
pipeline.nowMs += net.network.genesis.parameters.crossShardDeadlineMs + 1;
export const healedAtMs = pipeline.nowMs;
pipeline.resume("relay");
pipeline.runUntilQuiet();

export const intents = pipeline.topics.all("transactions").map((record) => intentOf(net, record));
export const stores = storesOf(pipeline);
export const end = { healedAtMs, stores, cold: "seen" } as const;

/** Invariants that are broken after an alteration, each once. */
export function broken(alter: (tampered: Tampered) => void, change: Partial<AuditOptions> = {}) {
  const tampered = new Tampered(pipeline.history);
  alter(tampered);
  const { violations } = auditHistory({ net, history: tampered.history, intents, end, ...change });
  return [...new Set(violations.map(({ invariant }) => invariant))];
}
