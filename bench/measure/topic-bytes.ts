import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** Bytes of record batches on the broker's disk by topic (without the network's prefix), of all partitions. */
export function topicBytes(brokerLogDirectory: string, network: string): Map<string, number> {
  const bytes = new Map<string, number>();
  for (const name of readdirSync(brokerLogDirectory)) {
    const topic = /^(.+)-\d+$/.exec(name)?.[1];
    if (!topic?.startsWith(`${network}.`)) continue;
    const own = topic.slice(network.length + 1);
    let size = 0;
    for (const file of readdirSync(join(brokerLogDirectory, name))) {
      if (file.endsWith(".log")) size += statSync(join(brokerLogDirectory, name, file)).size;
    }
    bytes.set(own, (bytes.get(own) ?? 0) + size);
  }
  return bytes;
}
