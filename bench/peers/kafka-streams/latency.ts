import { latenciesOf } from "../../measure/latencies.js";
import { type KeyedTransaction, publisher } from "./keyed-load.js";
import { StatusReader } from "./status-reader.js";
import { type Ground, type Variant, VariantRun } from "./variant.js";

/** How often a part of the load is published. */
const TICK_MS = 20;
/** Part of the load that is left out: Java compiles itself meanwhile. */
const WARM_UP_SHARE = 0.5;
const TIMEOUT_MS = 60_000;

/**
 * Latencies at a steady rate: from just before a transaction is published until a reader of committed records has its
 * status.
 */
export async function measureLatency(
  variant: Variant,
  ground: Ground,
  load: readonly KeyedTransaction[],
  perSecond: number,
) {
  const run = await VariantRun.open(variant, ground);
  const peer = await run.startPeer();
  const startMs = performance.now();
  const perTick = Math.ceil((perSecond * TICK_MS) / 1_000);
  const publishedMs = new Map<string, number>();
  const nextOffset = new Array<number>(ground.partitions).fill(0);
  const writing = (async () => {
    const writer = publisher(run);
    const acknowledgements: Promise<unknown>[] = [];
    for (let at = 0, tick = 0; at < load.length; at += perTick, tick++) {
      const wait = startMs + tick * TICK_MS - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      const part = load.slice(at, at + perTick);
      // One writer keeps the order, so the offsets are known beforehand.
      for (const { partition } of part)
        publishedMs.set(`${partition}:${nextOffset[partition]!++}`, performance.now());
      acknowledgements.push(writer.write(part));
    }
    await Promise.all(acknowledgements);
    await writer.close();
  })();
  const latencies = { TRANSFER: [] as number[], CREDITED: [] as number[] };
  const reader = new StatusReader(run);
  const firstMs = startMs + (load.length / perSecond) * 1_000 * WARM_UP_SHARE;
  for (let count = 0; count < load.length; ) {
    if (performance.now() > startMs + (load.length / perSecond) * 1_000 + TIMEOUT_MS)
      throw new Error(`${variant.name}: ${count} of ${load.length} statuses came`);
    const statuses = await reader.read();
    const nowMs = performance.now();
    count += statuses.length;
    for (const { kind, sourcePartition, sourceOffset } of statuses) {
      const fromMs = publishedMs.get(`${sourcePartition}:${sourceOffset}`)!;
      if (kind !== "REFUSED" && fromMs >= firstMs) latencies[kind].push(nowMs - fromMs);
    }
  }
  await writing;
  await reader.close();
  await peer.stop();
  await run.close();
  return {
    withinPartition: latenciesOf(Float64Array.from(latencies.TRANSFER)),
    toOtherPartition: latenciesOf(Float64Array.from(latencies.CREDITED)),
  };
}
