import { pause } from "../runtime/embedded/time.js";

const POLL_MS = 20;

/** Waits until a condition holds; false where it doesn't within the bound. */
export async function within(boundMs: number, condition: () => boolean | Promise<boolean>): Promise<boolean> {
  const endMs = Date.now() + boundMs;
  while (!(await condition())) {
    if (Date.now() > endMs) return false;
    await pause(POLL_MS);
  }
  return true;
}
