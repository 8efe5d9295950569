import type { TransactionRules } from "../../ledger/transaction/index.js";
import { decodeTransaction } from "../../ledger/transaction/index.js";
import type { Submitted } from "../load/submitted.js";

/** Where a transaction took effect. */
export interface EffectPlace {
  /** Topology epoch in which the shard began. */
  readonly epoch: number;
  readonly height: number;
}

/**
 * Whether each sender's transactions took effect in the order of their nonces, also across changes of the shard tree, and none
 * was refused for coming too early.
 * @param submitted in the order of publication of each sender
 * @param placeOf by `partition:offset` of a submission; undefined: it had no effect
 * @returns what is wrong, a sentence each
 */
export function outOfOrder(
  submitted: readonly Submitted[],
  rules: TransactionRules,
  placeOf: (source: string) => EffectPlace | undefined,
): string[] {
  const wrong: string[] = [];
  const last = new Map<string, EffectPlace & { nonce: number }>();
  /** By sender: the lowest nonce that wasn't published yet. */
  const next = new Map<string, number>();
  /** Senders that have a gap. */
  const refused = new Set<string>();
  for (const { publication, tracked } of submitted) {
    const { content, queue, sender } = publication;
    // Copies race their originals through other partitions, and may well come too early.
    if (!sender) continue;
    const { partition, offset } = tracked.submission;
    const source = `${partition}:${offset}`;
    const decoded = "transaction" in content ? decodeTransaction(content.transaction, rules) : undefined;
    const nonce = decoded?.ok ? decoded.transaction.nonce : undefined;
    if (nonce !== undefined) {
      // Where real ones lack a nonce, all that follow are to be refused.
      const expected = next.get(queue) ?? nonce;
      if (nonce > expected) refused.add(queue);
      next.set(queue, Math.max(expected, nonce + 1));
    }
    if (tracked.outcome === "refused" || tracked.outcome === "rejected") {
      if (tracked.code === "NONCE_GAP" && !refused.has(queue))
        wrong.push(`${source} was refused with NONCE_GAP, though nothing of its sender was refused before`);
      // What is published again after a lost acknowledgement leaves no gap.
      if (tracked.code !== "NONCE_USED") refused.add(queue);
    }
    const place = placeOf(source);
    if (!place || nonce === undefined) continue;
    const before = last.get(queue);
    if (before && nonce > before.nonce && isBefore(place, before))
      wrong.push(`${source} with nonce ${nonce} took effect before nonce ${before.nonce} of its sender`);
    if (!before || nonce > before.nonce) last.set(queue, { ...place, nonce });
  }
  return wrong;
}

function isBefore(a: EffectPlace, b: EffectPlace): boolean {
  return a.epoch < b.epoch || (a.epoch === b.epoch && a.height < b.height);
}
