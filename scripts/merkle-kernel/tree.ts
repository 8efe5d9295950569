// Merkle trees of RFC 9162: leaves are SHA-256(0 ‖ data), nodes SHA-256(1 ‖ left ‖ right). The memory is laid out
// here and never grows, so that the caller's views of it stay valid.
import {
  compressLanes,
  compressLastBytes,
  loadLanes,
  singleFromLane,
  startLane,
  startLanes,
  tagLanes,
  writeLane,
  writeLanes,
} from "./lanes";
import { compressSingle, startSingle, writeSingle } from "./single";

const BLOCK: usize = 64;
const DIGEST: usize = 32;
const LENGTH_FIELD: usize = 8;
const LANE_COUNT: usize = 4;
const NODE_TAG: u8 = 1;
const NODE_LENGTH: u32 = 65;

// What each lane works on: its next block, how many are left, where the digest goes.
const NEXT = memory.data(16, 4);
const LEFT = memory.data(16, 4);
const TARGET = memory.data(16, 4);
/** A node's message with its padding: two blocks. */
const NODE = memory.data(128, 16);

/** A leaf needs a block at least. */
const SLOTS_BYTES: usize = 65536;
const LEAVES_MAX: usize = 4096;
export const slotsBytes: i32 = <i32>SLOTS_BYTES;
export const leavesMax: i32 = <i32>LEAVES_MAX;
export const lengths = memory.data(4096, 16);
export const digests = memory.data(131072, 16);
export const slots = memory.data(65536, 16);

// The leaves that no lane has taken yet.
let lengthAt: usize = 0;
let lengthsEnd: usize = 0;
let slotAt: usize = 0;
let targetAt: usize = 0;

/**
 * Hashes `count` leaves. Each has a slot of whole blocks, one after the other from `slots` on: a free byte, the data,
 * and at least nine free bytes. The lengths of the data are at `lengths`; the digests come to `digests`.
 */
export function hashLeaves(count: usize): void {
  lengthAt = lengths;
  lengthsEnd = lengths + 4 * count;
  slotAt = slots;
  targetAt = digests;
  let busy: usize = 0;
  for (let lane: usize = 0; lane < LANE_COUNT; lane++) {
    // An idle lane works on anything readable.
    store<u32>(NEXT + 4 * lane, <u32>slots);
    if (takeLeaf(lane)) busy++;
  }
  // A lane that is done takes the next leaf, so leaves of any lengths keep all four busy. At the end four lanes cost
  // more than two messages one after the other.
  while (busy > 2) {
    loadLanes(load<u32>(NEXT), load<u32>(NEXT, 4), load<u32>(NEXT, 8), load<u32>(NEXT, 12));
    compressLanes();
    for (let lane: usize = 0; lane < LANE_COUNT; lane++) {
      const left = load<u32>(LEFT + 4 * lane);
      if (left === 0) continue;
      store<u32>(NEXT + 4 * lane, load<u32>(NEXT + 4 * lane) + <u32>BLOCK);
      store<u32>(LEFT + 4 * lane, left - 1);
      if (left > 1) continue;
      writeLane(lane, load<u32>(TARGET + 4 * lane));
      if (!takeLeaf(lane)) busy--;
    }
  }
  for (let lane: usize = 0; lane < LANE_COUNT; lane++) finishAlone(lane);
}

/** Whether there was a leaf to take. */
function takeLeaf(lane: usize): bool {
  if (lengthAt === lengthsEnd) {
    store<u32>(NEXT + 4 * lane, load<u32>(NEXT));
    store<u32>(LEFT + 4 * lane, 0);
    return false;
  }
  const dataEnd = slotAt + 1 + load<u32>(lengthAt);
  const blocks = (dataEnd - slotAt + LENGTH_FIELD + BLOCK) / BLOCK;
  const slotEnd = slotAt + blocks * BLOCK;
  store<u8>(slotAt, 0);
  store<u8>(dataEnd, 0x80);
  for (let at = dataEnd + 1; at < slotEnd - LENGTH_FIELD; at += 8) store<u64>(at, 0);
  store<u64>(slotEnd - LENGTH_FIELD, bswap<u64>(<u64>(dataEnd - slotAt) * 8));
  startLane(lane);
  store<u32>(NEXT + 4 * lane, <u32>slotAt);
  store<u32>(LEFT + 4 * lane, <u32>blocks);
  store<u32>(TARGET + 4 * lane, <u32>targetAt);
  lengthAt += 4;
  slotAt = slotEnd;
  targetAt += DIGEST;
  return true;
}

function finishAlone(lane: usize): void {
  let left = load<u32>(LEFT + 4 * lane);
  if (left === 0) return;
  singleFromLane(lane);
  for (let block: usize = load<u32>(NEXT + 4 * lane); left > 0; left--) {
    compressSingle(block);
    block += BLOCK;
  }
  writeSingle(load<u32>(TARGET + 4 * lane));
}

/**
 * Turns the first `count` digests (at least one) into the root of the tree over them, which takes the place of the first. Pairing
 * level by level, with an odd last node carried up, gives the same tree as RFC 9162's recursion.
 */
export function reduce(count: usize): void {
  while (count > 1) {
    const pairs = count / 2;
    let i: usize = 0;
    // Each level takes the place of the one below: its nodes are behind the pairs that are still to come.
    for (; i + LANE_COUNT <= pairs; i += LANE_COUNT)
      hashFourPairs(digests + 2 * DIGEST * i, digests + DIGEST * i);
    for (; i < pairs; i++) hashPair(digests + 2 * DIGEST * i, digests + DIGEST * i);
    if (count % 2 === 1) memory.copy(digests + DIGEST * pairs, digests + DIGEST * (count - 1), DIGEST);
    count = (count + 1) / 2;
  }
}

function hashFourPairs(pairs: usize, target: usize): void {
  const p = pairs;
  const q = p + 2 * DIGEST;
  const r = q + 2 * DIGEST;
  const s = r + 2 * DIGEST;
  startLanes();
  // A block that begins one byte early has the tag's place in front.
  loadLanes(p - 1, q - 1, r - 1, s - 1);
  tagLanes(NODE_TAG);
  compressLanes();
  const last: usize = 2 * DIGEST - 1;
  compressLastBytes(p + last, q + last, r + last, s + last);
  writeLanes(target);
}

function hashPair(pair: usize, target: usize): void {
  store<u8>(NODE, NODE_TAG);
  memory.copy(NODE + 1, pair, 2 * DIGEST);
  store<u8>(NODE, 0x80, 65);
  store<u64>(NODE, bswap<u64>(NODE_LENGTH * 8), 120);
  startSingle();
  compressSingle(NODE);
  compressSingle(NODE + BLOCK);
  writeSingle(target);
}
