import { type Chance, pick } from "../chance.js";
import { mutateBytes } from "./bytes.js";

const LENGTH_BYTES = 4;
/** Most frames of an input. */
const FRAMES_MAX = 64;

/** Several byte strings in one: a length in four bytes, big-endian, before each. */
export function joinFrames(frames: readonly Buffer[]): Buffer {
  return Buffer.concat(
    frames.flatMap((frame) => {
      const length = Buffer.alloc(LENGTH_BYTES);
      length.writeUInt32BE(frame.length);
      return [length, frame];
    }),
  );
}

/** The byte strings of an input; where it ends early the last one is shorter, so every input has a meaning. */
export function splitFrames(input: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at + LENGTH_BYTES <= input.length && frames.length < FRAMES_MAX; ) {
    const end = Math.min(at + LENGTH_BYTES + input.readUInt32BE(at), input.length);
    frames.push(input.subarray(at + LENGTH_BYTES, end));
    at = end;
  }
  return frames;
}

/** Leaves out, doubles, moves and changes frames; `mutate` changes one. */
export function mutateFrames(
  chance: Chance,
  input: Buffer,
  pool: readonly Buffer[],
  mutate: (frame: Buffer) => Buffer = (frame) => mutateBytes(chance, frame, pool),
): Buffer {
  const frames = splitFrames(input);
  for (let left = 1 + chance(3); left > 0; left--) {
    const at = chance(frames.length + 1);
    const frame = frames[at] ?? pick(chance, pool);
    switch (chance(7)) {
      case 0:
        frames.splice(at, 1);
        break;
      case 1:
        frames.splice(chance(frames.length + 1), 0, frame);
        break;
      case 2:
        frames.splice(at, 1);
        frames.splice(chance(frames.length + 1), 0, frame);
        break;
      case 3:
        frames.splice(at, 0, pick(chance, pool));
        break;
      default:
        frames.splice(at, 1, mutate(frame));
    }
  }
  return joinFrames(frames.slice(0, FRAMES_MAX));
}
