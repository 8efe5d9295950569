import { MAIN_CHAIN } from "../../ledger/topology.js";
import type { ListedShard, ShardList } from "../../runtime/topology/shard-list.js";

/** The shards that haven't ended, a line each. */
export function shardTable({ epoch, isPaused, shards }: ShardList): string {
  const rows = shards
    .filter(({ life }) => life !== "ended")
    .map(({ shard, path, prefix, partition, epoch: began, life, height, waitsFor }) => [
      String(shard),
      path,
      shard === MAIN_CHAIN ? "main chain" : prefix || "all",
      String(partition),
      String(began),
      String(height),
      waitsFor === undefined ? life : `${life}: waits for ${waitsFor}`,
    ]);
  const head = ["shard", "path", "prefix", "partition", "since epoch", "height", "status"];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd();
  const title = `epoch ${epoch}${isPaused ? ", paused: no change is accepted" : ""}`;
  return [title, line(head), ...rows.map(line)].join("\n");
}

/** All shards, those after a shard below it. One that began by a merge stands below the first of the two that ended for it. */
export function shardTree({ epoch, shards }: ShardList): string {
  const lines: string[] = [`epoch ${epoch}`];
  const draw = ({ shard, path, life, epoch: began }: ListedShard, indent: string) => {
    lines.push(`${indent}${path}  shard ${shard}, since epoch ${began}, ${life}`);
    for (const after of shards.filter(({ parents }) => parents.includes(shard))) {
      if (after.parents[0] === shard) draw(after, `${indent}  `);
      else lines.push(`${indent}  ${after.path}  shard ${after.shard}, see above`);
    }
  };
  for (const shard of shards) if (shard.parents.length === 0) draw(shard, "  ");
  return lines.join("\n");
}
