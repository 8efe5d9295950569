import { pause } from "../../runtime/embedded/time.js";
import type { Chance } from "../../simulator/kernel/random.js";
import type { ReplyMode } from "../proxy/reply-proxy.js";
import type { Fault } from "./fault.js";

const DURATION_MS = 4_000;
const DELAY_MS_MIN = 100;
const DELAY_MS_MAX = 1_000;

function spoilingReplies(mode: (chance: Chance) => ReplyMode): Fault {
  return async ({ network, chance }) => {
    const chosen = mode(chance);
    const hit = `${network.proxy.connections} connections${chosen.kind === "delay" ? `, ${chosen.delayMs} ms` : ""}`;
    network.proxy.setMode(chosen);
    await pause(DURATION_MS);
    network.proxy.setMode({ kind: "pass" });
    return { hit, overMs: Date.now() };
  };
}

/** Every request arrives, no reply does: writes happened and nobody knows. Then the connections break. */
export const dropReplies = spoilingReplies(() => ({ kind: "drop" }));

export const delayReplies = spoilingReplies((chance) => ({
  kind: "delay",
  delayMs: DELAY_MS_MIN + chance(DELAY_MS_MAX - DELAY_MS_MIN),
}));

/** All connections of all stages break at once. */
export const cutConnections: Fault = async ({ network }) => {
  const hit = `${network.proxy.cutAll()} connections`;
  return { hit, overMs: Date.now() };
};
