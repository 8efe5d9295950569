import type { StateKey } from "../../ledger/state/key.js";
import {
  decodePosition,
  FOREIGN_KEY,
  POSITION_KEY,
  stateRange,
  stateStoreKey,
} from "../../processors/chain/store-layout.js";
import { codec } from "../../schemas/codec.js";
import type { StoreContent } from "../model/finish.js";
import type { Node } from "./node.js";

const STATE_PREFIX = stateStoreKey("" as StateKey);

/** Of a store that holds a state, and not only a tree's leaves. */
function isChainStore(path: string): boolean {
  return !path.slice(path.lastIndexOf("/") + 1).startsWith("checkpoint-");
}

/** What the nodes' local stores hold, in the model's terms. Only stores that are open: others are left from before. */
export function storeContents(nodes: readonly Node[]): StoreContent[] {
  return nodes.flatMap(({ disk }) =>
    disk.openPaths.filter(isChainStore).map((path) => contentOf(path, disk.valuesOf(path))),
  );
}

/** Whether all open stores have their genesis on disk, and those of a partition have come to the same height. */
export function storesAreLevel(nodes: readonly Node[]): boolean {
  const heights = new Map<string, number>();
  for (const { disk } of nodes) {
    for (const path of disk.openPaths.filter(isChainStore)) {
      const position = decodePosition(disk.valuesOf(path).get(POSITION_KEY));
      // Just opened: what it begins with is gathered, and goes to disk with its position.
      if (!position) return false;
      const { height } = position;
      const partition = path.slice(path.lastIndexOf("-"));
      if ((heights.get(partition) ?? height) !== height) return false;
      heights.set(partition, height);
    }
  }
  return true;
}

function contentOf(path: string, values: ReadonlyMap<string, Buffer>): StoreContent {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const dash = name.lastIndexOf("-");
  const state = new Map<string, string>();
  const { from, below } = stateRange(values.get(FOREIGN_KEY)?.toString() ?? "");
  for (const [key, bytes] of values) {
    if (key < from || key >= below) continue;
    const value = codec("StateRecord").decode(bytes)?.value ?? null;
    // A StateChange with an empty key is one byte and the value.
    const encoded = codec("StateChange")
      .encode({ key: Buffer.alloc(0), value })
      .subarray(1);
    state.set(Buffer.from(key.slice(STATE_PREFIX.length), "latin1").toString("hex"), encoded.toString("hex"));
  }
  return {
    group: name.slice(0, dash),
    partition: Number(name.slice(dash + 1)),
    height: decodePosition(values.get(POSITION_KEY))?.height ?? 0,
    state,
  };
}
