// Numbers of one hash, between 32 bytes with the highest first and its lane's limbs.
import { ORDER } from "./constants";
import { LIMB_BITS, LIMBS, VECTOR, WORD } from "./sizes";

const LIMB_MASK: u64 = (1 << LIMB_BITS) - 1;
const WORD_BITS: u64 = 64;
const WORDS: usize = 4;
/** Four words, lowest first. */
const BUFFER = memory.data(32, 16);

export function readNumber(source: usize, lane: usize): void {
  for (let word: usize = 0; word < WORDS; word++)
    store<u64>(BUFFER + 8 * word, bswap<u64>(load<u64>(source + 8 * (WORDS - 1 - word))));
  for (let limb: usize = 0; limb < LIMBS; limb++) {
    const bit = LIMB_BITS * <u64>limb;
    const word = <usize>(bit / WORD_BITS);
    const shift = bit % WORD_BITS;
    let value = load<u64>(BUFFER + 8 * word) >> shift;
    if (shift + LIMB_BITS > WORD_BITS && word + 1 < WORDS)
      value |= load<u64>(BUFFER + 8 * (word + 1)) << (WORD_BITS - shift);
    store<u32>(lane + VECTOR * limb, <u32>(value & LIMB_MASK));
  }
}

/** The number is below twice the order; what is written is below the order. */
export function writeNumber(lane: usize, target: usize): void {
  if (isOrderOrMore(lane)) subtractOrder(lane);
  memory.fill(BUFFER, 0, 8 * WORDS);
  for (let limb: usize = 0; limb < LIMBS; limb++) {
    const bit = LIMB_BITS * <u64>limb;
    const at = BUFFER + 8 * <usize>(bit / WORD_BITS);
    const shift = bit % WORD_BITS;
    const value = <u64>load<u32>(lane + VECTOR * limb);
    store<u64>(at, load<u64>(at) | (value << shift));
    // The last limb has no bits beyond the words, as the number is below the order.
    if (shift + LIMB_BITS > WORD_BITS && limb + 1 < LIMBS) store<u64>(at, value >> (WORD_BITS - shift), 8);
  }
  for (let word: usize = 0; word < WORDS; word++)
    store<u64>(target + 8 * (WORDS - 1 - word), bswap<u64>(load<u64>(BUFFER + 8 * word)));
}

function isOrderOrMore(lane: usize): bool {
  for (let limb: usize = LIMBS; limb > 0; ) {
    limb -= 1;
    const own = load<u32>(lane + VECTOR * limb);
    const order = load<u32>(ORDER + WORD * limb);
    if (own !== order) return own > order;
  }
  return true;
}

function subtractOrder(lane: usize): void {
  let borrow: i64 = 0;
  for (let limb: usize = 0; limb < LIMBS; limb++) {
    const at = lane + VECTOR * limb;
    const difference = <i64>load<u32>(at) - <i64>load<u32>(ORDER + WORD * limb) + borrow;
    store<u32>(at, <u32>(<u64>difference & LIMB_MASK));
    borrow = difference >> LIMB_BITS;
  }
}
