import type { Retention } from "./topic.js";

const DAY_MS = 86_400_000;
/** Topics that may be dropped after a while: everything in them can be made again or is a courtesy. */
export const TIME: Retention = { kind: "time", retentionMs: 7 * DAY_MS };
export const FOREVER: Retention = { kind: "forever" };
export const COMPACTED: Retention = { kind: "compacted" };
