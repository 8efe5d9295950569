// SHA-256 (FIPS 180-4) of four messages at once, a message in each lane of the vectors.
import { INITIAL, K, ROUNDS, SCHEDULED, WORDS } from "./constants";
import { SINGLE, SINGLE_SCHEDULE, scheduleSingle } from "./single";

const VECTOR: usize = 16;

/** The state of four messages: word i of the message in lane j is at `LANES + 16 * i + 4 * j`. */
const LANES = memory.data(128, 16);
/** Message schedules of four messages, in the same order, and behind them the same with the round constants added. */
const LANE_SCHEDULE = memory.data(2048, 16);
const SCHEDULE_BYTES: usize = 1024;
const LANE_ROUNDS = LANE_SCHEDULE + SCHEDULE_BYTES;
/** Schedule of a node's last block, round constants added, for each value of its first byte. */
const LAST_BLOCKS = memory.data(65536, 16);
const LAST_BLOCK_BYTES: usize = 256;
const NODE_BITS: u32 = 65 * 8;

for (let byte: u32 = 0; byte < 256; byte++) {
  memory.fill(SINGLE_SCHEDULE, 0, 4 * SCHEDULED);
  store<u32>(SINGLE_SCHEDULE, (byte << 24) | 0x00800000);
  store<u32>(SINGLE_SCHEDULE, NODE_BITS, 60);
  scheduleSingle();
  for (let at: usize = 0; at < LAST_BLOCK_BYTES; at += 4)
    store<u32>(
      LAST_BLOCKS + LAST_BLOCK_BYTES * byte + at,
      load<u32>(SINGLE_SCHEDULE + at) + load<u32>(K + at),
    );
}

export function startLane(lane: usize): void {
  for (let i: usize = 0; i < WORDS; i++)
    store<u32>(LANES + VECTOR * i + 4 * lane, load<u32>(INITIAL + 4 * i));
}

export function startLanes(): void {
  for (let i: usize = 0; i < WORDS; i++) v128.store(LANES + VECTOR * i, v128.load32_splat(INITIAL + 4 * i));
}

/** Goes on with one lane's message as the single one. */
export function singleFromLane(lane: usize): void {
  for (let i: usize = 0; i < WORDS; i++) store<u32>(SINGLE + 4 * i, load<u32>(LANES + VECTOR * i + 4 * lane));
}

export function writeLane(lane: usize, target: usize): void {
  for (let i: usize = 0; i < WORDS; i++)
    store<u32>(target + 4 * i, bswap<u32>(load<u32>(LANES + VECTOR * i + 4 * lane)));
}

/** The four digests one after the other. */
export function writeLanes(target: usize): void {
  for (let half: usize = 0; half < 2; half++) {
    const from = LANES + 64 * half;
    const to = target + VECTOR * half;
    const a = v128.load(from);
    const b = v128.load(from, 16);
    const c = v128.load(from, 32);
    const d = v128.load(from, 48);
    const abLow = lowWords(a, b);
    const abHigh = highWords(a, b);
    const cdLow = lowWords(c, d);
    const cdHigh = highWords(c, d);
    v128.store(to, swapBytes(lowPairs(abLow, cdLow)));
    v128.store(to, swapBytes(highPairs(abLow, cdLow)), 32);
    v128.store(to, swapBytes(lowPairs(abHigh, cdHigh)), 64);
    v128.store(to, swapBytes(highPairs(abHigh, cdHigh)), 96);
  }
}

/** Takes one block (64 bytes) of each of four messages as the next. */
export function loadLanes(p: usize, q: usize, r: usize, s: usize): void {
  for (let at: usize = 0; at < 64; at += VECTOR) {
    const a = swapBytes(v128.load(p + at));
    const b = swapBytes(v128.load(q + at));
    const c = swapBytes(v128.load(r + at));
    const d = swapBytes(v128.load(s + at));
    storeTurned(LANE_SCHEDULE + 4 * at, a, b, c, d);
  }
}

/** Puts the tag in the place of the first byte of each of the blocks just taken. */
export function tagLanes(tag: u32): void {
  const rest = v128.and(v128.load(LANE_SCHEDULE), i32x4.splat(0x00ffffff));
  v128.store(LANE_SCHEDULE, v128.or(rest, i32x4.splat(tag << 24)));
}

/**
 * Works the last blocks of four nodes into the states: the last byte of a message of 65 and its padding. There are
 * only 256 such blocks, so their schedules are ready.
 */
export function compressLastBytes(p: usize, q: usize, r: usize, s: usize): void {
  const first = LAST_BLOCKS + LAST_BLOCK_BYTES * <usize>load<u8>(p);
  const second = LAST_BLOCKS + LAST_BLOCK_BYTES * <usize>load<u8>(q);
  const third = LAST_BLOCKS + LAST_BLOCK_BYTES * <usize>load<u8>(r);
  const fourth = LAST_BLOCKS + LAST_BLOCK_BYTES * <usize>load<u8>(s);
  for (let at: usize = 0; at < LAST_BLOCK_BYTES; at += VECTOR) {
    const a = v128.load(first + at);
    const b = v128.load(second + at);
    const c = v128.load(third + at);
    const d = v128.load(fourth + at);
    storeTurned(LANE_ROUNDS + 4 * at, a, b, c, d);
  }
  workRounds();
}

/** Stores the first words of the four vectors, then the second ones, and so on. */
function storeTurned(to: usize, a: v128, b: v128, c: v128, d: v128): void {
  const abLow = lowWords(a, b);
  const abHigh = highWords(a, b);
  const cdLow = lowWords(c, d);
  const cdHigh = highWords(c, d);
  v128.store(to, lowPairs(abLow, cdLow));
  v128.store(to, highPairs(abLow, cdLow), 16);
  v128.store(to, lowPairs(abHigh, cdHigh), 32);
  v128.store(to, highPairs(abHigh, cdHigh), 48);
}

function swapBytes(x: v128): v128 {
  return i8x16.shuffle(x, x, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
}

function lowWords(x: v128, y: v128): v128 {
  return i32x4.shuffle(x, y, 0, 4, 1, 5);
}

function highWords(x: v128, y: v128): v128 {
  return i32x4.shuffle(x, y, 2, 6, 3, 7);
}

function lowPairs(x: v128, y: v128): v128 {
  return i64x2.shuffle(x, y, 0, 2);
}

function highPairs(x: v128, y: v128): v128 {
  return i64x2.shuffle(x, y, 1, 3);
}

function turned(x: v128, bits: i32): v128 {
  return v128.or(i32x4.shr_u(x, bits), i32x4.shl(x, 32 - bits));
}

function upperSigma0(x: v128): v128 {
  return v128.xor(v128.xor(turned(x, 2), turned(x, 13)), turned(x, 22));
}

function upperSigma1(x: v128): v128 {
  return v128.xor(v128.xor(turned(x, 6), turned(x, 11)), turned(x, 25));
}

function lowerSigma0(x: v128): v128 {
  return v128.xor(v128.xor(turned(x, 7), turned(x, 18)), i32x4.shr_u(x, 3));
}

function lowerSigma1(x: v128): v128 {
  return v128.xor(v128.xor(turned(x, 17), turned(x, 19)), i32x4.shr_u(x, 10));
}

/** T1 of FIPS 180-4, 6.2.2. */
function firstSum(e: v128, f: v128, g: v128, h: v128, word: v128): v128 {
  const choice = v128.xor(g, v128.and(e, v128.xor(f, g)));
  return i32x4.add(i32x4.add(h, word), i32x4.add(upperSigma1(e), choice));
}

/** T2; `ab` is a xor b, `bc` is b xor c, which is the `ab` of the round before. */
function secondSum(a: v128, b: v128, ab: v128, bc: v128): v128 {
  return i32x4.add(upperSigma0(a), v128.xor(b, v128.and(ab, bc)));
}

/** Works the blocks taken last into the states. */
export function compressLanes(): void {
  for (let i: usize = 0; i < SCHEDULED; i++) {
    const constant = v128.load32_splat(K + 4 * i);
    v128.store(LANE_ROUNDS + VECTOR * i, i32x4.add(v128.load(LANE_SCHEDULE + VECTOR * i), constant));
  }
  let k = K;
  for (let at = LANE_SCHEDULE; at < LANE_SCHEDULE + VECTOR * (ROUNDS - SCHEDULED); at += VECTOR) {
    const early = i32x4.add(v128.load(at), lowerSigma0(v128.load(at, 16)));
    const late = i32x4.add(v128.load(at, 144), lowerSigma1(v128.load(at, 224)));
    const word = i32x4.add(early, late);
    v128.store(at, word, 256);
    v128.store(at, i32x4.add(word, v128.load32_splat(k, 64)), 256 + SCHEDULE_BYTES);
    k += 4;
  }
  workRounds();
}

/** Works what is in `LANE_ROUNDS` into the states. */
function workRounds(): void {
  let a = v128.load(LANES);
  let b = v128.load(LANES, 16);
  let c = v128.load(LANES, 32);
  let d = v128.load(LANES, 48);
  let e = v128.load(LANES, 64);
  let f = v128.load(LANES, 80);
  let g = v128.load(LANES, 96);
  let h = v128.load(LANES, 112);
  let bc = v128.xor(b, c);
  // Eight rounds a turn: then every word is back under its own name, and none has to be moved.
  for (let at = LANE_ROUNDS; at < LANE_ROUNDS + SCHEDULE_BYTES; at += 8 * VECTOR) {
    let t = firstSum(e, f, g, h, v128.load(at));
    d = i32x4.add(d, t);
    let ab = v128.xor(a, b);
    h = i32x4.add(t, secondSum(a, b, ab, bc));

    t = firstSum(d, e, f, g, v128.load(at, 16));
    c = i32x4.add(c, t);
    bc = v128.xor(h, a);
    g = i32x4.add(t, secondSum(h, a, bc, ab));

    t = firstSum(c, d, e, f, v128.load(at, 32));
    b = i32x4.add(b, t);
    ab = v128.xor(g, h);
    f = i32x4.add(t, secondSum(g, h, ab, bc));

    t = firstSum(b, c, d, e, v128.load(at, 48));
    a = i32x4.add(a, t);
    bc = v128.xor(f, g);
    e = i32x4.add(t, secondSum(f, g, bc, ab));

    t = firstSum(a, b, c, d, v128.load(at, 64));
    h = i32x4.add(h, t);
    ab = v128.xor(e, f);
    d = i32x4.add(t, secondSum(e, f, ab, bc));

    t = firstSum(h, a, b, c, v128.load(at, 80));
    g = i32x4.add(g, t);
    bc = v128.xor(d, e);
    c = i32x4.add(t, secondSum(d, e, bc, ab));

    t = firstSum(g, h, a, b, v128.load(at, 96));
    f = i32x4.add(f, t);
    ab = v128.xor(c, d);
    b = i32x4.add(t, secondSum(c, d, ab, bc));

    t = firstSum(f, g, h, a, v128.load(at, 112));
    e = i32x4.add(e, t);
    bc = v128.xor(b, c);
    a = i32x4.add(t, secondSum(b, c, bc, ab));
  }
  v128.store(LANES, i32x4.add(a, v128.load(LANES)));
  v128.store(LANES, i32x4.add(b, v128.load(LANES, 16)), 16);
  v128.store(LANES, i32x4.add(c, v128.load(LANES, 32)), 32);
  v128.store(LANES, i32x4.add(d, v128.load(LANES, 48)), 48);
  v128.store(LANES, i32x4.add(e, v128.load(LANES, 64)), 64);
  v128.store(LANES, i32x4.add(f, v128.load(LANES, 80)), 80);
  v128.store(LANES, i32x4.add(g, v128.load(LANES, 96)), 96);
  v128.store(LANES, i32x4.add(h, v128.load(LANES, 112)), 112);
}
