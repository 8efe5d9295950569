// Poseidon over BN254 of pairs of numbers (circomlib's parameters), four pairs at once, a pair in each lane of the
// vectors. The memory is laid out here and never grows, so that the caller's views of it stay valid. What the rounds do,
// and why not as in the paper, is in schedule.mjs.
import { affineOfFour, affineOfThree, multiply, square } from "./arithmetic";
import {
  AFTER,
  BEFORE,
  FULL_ROUNDS,
  LAST,
  LEAVE,
  PARTIAL_ROUNDS,
  START,
  STEP,
  STEP_CONSTANTS,
} from "./constants";
import { readNumber, writeNumber } from "./numbers";
import { CONSTANT, LANES, LIMBS, NUMBER, VECTOR, WORD } from "./sizes";

const DIGEST: usize = 32;
const PAIRS: usize = 512;
/** A form over three elements, and its constant. */
const FORM_OF_THREE: usize = 4 * CONSTANT;
const FORM_OF_FOUR: usize = 5 * CONSTANT;

/** Pairs of numbers, 32 bytes each with the highest byte first; the results take their place from the beginning on. */
export const pairs: usize = memory.data(32768, 16);
export const pairsMax: i32 = <i32>PAIRS;

/** The state, and fifth powers of it: three numbers each. */
const STATE = memory.data(432, 16);
const FIFTHS = memory.data(432, 16);
const SQUARE = memory.data(144, 16);
const FOURTH = memory.data(144, 16);
/** What the partial rounds have besides the state's places for their last elements y and last powers x. */
const HISTORY = memory.data(432, 16);
const ZERO = memory.data(144, 16);

/** Hashes the first `count` pairs (at most `pairsMax`). */
export function hashPairs(count: i32): void {
  const end = pairs + 2 * DIGEST * <usize>count;
  let target = pairs;
  for (let source = pairs; source < end; source += 2 * DIGEST * LANES) {
    const lanes = min(LANES, (end - source) / (2 * DIGEST));
    // Behind the last pair a lane keeps the numbers it has: what comes of them isn't read.
    for (let lane: usize = 0; lane < lanes; lane++) {
      const pair = source + 2 * DIGEST * lane;
      readNumber(pair, STATE + NUMBER + WORD * lane);
      readNumber(pair + DIGEST, STATE + 2 * NUMBER + WORD * lane);
    }
    permute();
    for (let lane: usize = 0; lane < lanes; lane++) {
      writeNumber(STATE + WORD * lane, target);
      target += DIGEST;
    }
  }
}

function fifthPower(from: usize, to: usize): void {
  square(from, SQUARE);
  square(SQUARE, FOURTH);
  multiply(FOURTH, from, to);
}

function fifthPowers(): void {
  for (let at: usize = 0; at < 3 * NUMBER; at += NUMBER) fifthPower(STATE + at, FIFTHS + at);
}

function affine(form: usize, to: usize): void {
  affineOfThree(FIFTHS, FIFTHS + NUMBER, FIFTHS + 2 * NUMBER, form, form + 3 * CONSTANT, to);
}

function fullRounds(forms: usize, rounds: i32): void {
  for (; rounds > 0; rounds--) {
    fifthPowers();
    for (let at: usize = 0; at < 3 * NUMBER; at += NUMBER) {
      affine(forms, STATE + at);
      forms += FORM_OF_THREE;
    }
  }
}

/** The state's first element, for the other two as they came in. */
function permute(): void {
  start();
  fullRounds(BEFORE, FULL_ROUNDS / 2);
  partialRounds();
  fullRounds(AFTER, FULL_ROUNDS / 2 - 1);
  fifthPowers();
  affine(LAST, STATE);
}

/** The first element is the capacity, which is zero; limbs have room for a sum of two. */
function start(): void {
  for (let limb: usize = 0; limb < LIMBS; limb++) {
    const first = START + WORD * limb;
    const at = STATE + VECTOR * limb;
    v128.store(at, v128.load32_splat(first));
    v128.store(at, i32x4.add(v128.load(at, 144), v128.load32_splat(first, 36)), 144);
    v128.store(at, i32x4.add(v128.load(at, 288), v128.load32_splat(first, 72)), 288);
  }
}

function partialRounds(): void {
  let y = STATE;
  let yBefore = HISTORY;
  let x = HISTORY + NUMBER;
  let x1 = STATE + NUMBER;
  let x2 = STATE + 2 * NUMBER;
  let next = HISTORY + 2 * NUMBER;
  memory.fill(yBefore, 0, NUMBER);
  const end = STEP_CONSTANTS + CONSTANT * <usize>PARTIAL_ROUNDS;
  for (let constant = STEP_CONSTANTS; constant < end; constant += CONSTANT) {
    fifthPower(y, x);
    affineOfFour(x, x2, y, yBefore, x1, STEP, constant, next);
    const freeY = yBefore;
    yBefore = y;
    y = next;
    next = freeY;
    const freeX = x2;
    x2 = x1;
    x1 = x;
    x = freeX;
  }
  // All of them are still needed, and may be where the state is: the results wait elsewhere.
  affineOfFour(y, yBefore, x1, x2, ZERO, LEAVE, LEAVE + 4 * CONSTANT, SQUARE);
  const second = LEAVE + FORM_OF_FOUR;
  affineOfFour(y, yBefore, x1, x2, ZERO, second, second + 4 * CONSTANT, FOURTH);
  memory.copy(STATE, y, NUMBER);
  memory.copy(STATE + NUMBER, SQUARE, NUMBER);
  memory.copy(STATE + 2 * NUMBER, FOURTH, NUMBER);
}
