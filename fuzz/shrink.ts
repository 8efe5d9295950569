import { joinFrames, splitFrames } from "./mutate/frames.js";

/** Most tries to make one input smaller. */
const TRIES_MAX = 1_500;
/** Longest that shrinking one input may take, in milliseconds. */
const SHRINK_MS_MAX = 10_000;

/** A smaller input that still fails in the same way: frames and pieces left out, then bytes set to 0. */
export async function shrink(input: Buffer, fails: (smaller: Buffer) => Promise<boolean>): Promise<Buffer> {
  const endMs = performance.now() + SHRINK_MS_MAX;
  let tries = 0;
  let best = input;
  const isOver = () => tries >= TRIES_MAX || performance.now() > endMs;
  const tryOne = async (smaller: Buffer): Promise<boolean> => {
    tries++;
    if (!(await fails(smaller))) return false;
    best = smaller;
    return true;
  };
  for (
    let frames = splitFrames(best), at = 0;
    at < frames.length && !isOver() && joinFrames(frames).equals(best);
  ) {
    const fewer = frames.toSpliced(at, 1);
    if (await tryOne(joinFrames(fewer))) frames = fewer;
    else at++;
  }
  for (let size = Math.ceil(best.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < best.length && !isOver(); ) {
      if (!(await tryOne(Buffer.concat([best.subarray(0, at), best.subarray(at + size)])))) at += size;
    }
  }
  for (let at = 0; at < best.length && !isOver(); at++) {
    if (best[at] === 0) continue;
    const zeroed = Buffer.from(best);
    zeroed[at] = 0;
    await tryOne(zeroed);
  }
  return best;
}
