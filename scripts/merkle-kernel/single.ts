// SHA-256 of one message, where there are not four.
import { INITIAL, K, ROUNDS, SCHEDULED, WORDS } from "./constants";

/** The state of one message. */
export const SINGLE = memory.data(32, 16);
export const SINGLE_SCHEDULE = memory.data(256, 16);

export function startSingle(): void {
  memory.copy(SINGLE, INITIAL, 4 * WORDS);
}

export function writeSingle(target: usize): void {
  for (let i: usize = 0; i < WORDS; i++) store<u32>(target + 4 * i, bswap<u32>(load<u32>(SINGLE + 4 * i)));
}

/** Works out the schedule from its first 16 words. */
export function scheduleSingle(): void {
  for (let at = SINGLE_SCHEDULE + 4 * SCHEDULED; at < SINGLE_SCHEDULE + 4 * ROUNDS; at += 4) {
    const x = load<u32>(at - 60);
    const y = load<u32>(at - 8);
    const early = load<u32>(at - 64) + (rotr(x, 7) ^ rotr(x, 18) ^ (x >> 3));
    store<u32>(at, early + load<u32>(at - 28) + (rotr(y, 17) ^ rotr(y, 19) ^ (y >> 10)));
  }
}

/** Works the block (64 bytes) at `block` into the single state. */
export function compressSingle(block: usize): void {
  for (let i: usize = 0; i < SCHEDULED; i++)
    store<u32>(SINGLE_SCHEDULE + 4 * i, bswap<u32>(load<u32>(block + 4 * i)));
  scheduleSingle();
  let a = load<u32>(SINGLE);
  let b = load<u32>(SINGLE, 4);
  let c = load<u32>(SINGLE, 8);
  let d = load<u32>(SINGLE, 12);
  let e = load<u32>(SINGLE, 16);
  let f = load<u32>(SINGLE, 20);
  let g = load<u32>(SINGLE, 24);
  let h = load<u32>(SINGLE, 28);
  for (let i: usize = 0; i < ROUNDS; i++) {
    const word = load<u32>(SINGLE_SCHEDULE + 4 * i) + load<u32>(K + 4 * i);
    const first = h + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + (g ^ (e & (f ^ g))) + word;
    const second = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + ((a & b) ^ (c & (a ^ b)));
    h = g;
    g = f;
    f = e;
    e = d + first;
    d = c;
    c = b;
    b = a;
    a = first + second;
  }
  store<u32>(SINGLE, load<u32>(SINGLE) + a);
  store<u32>(SINGLE, load<u32>(SINGLE, 4) + b, 4);
  store<u32>(SINGLE, load<u32>(SINGLE, 8) + c, 8);
  store<u32>(SINGLE, load<u32>(SINGLE, 12) + d, 12);
  store<u32>(SINGLE, load<u32>(SINGLE, 16) + e, 16);
  store<u32>(SINGLE, load<u32>(SINGLE, 20) + f, 20);
  store<u32>(SINGLE, load<u32>(SINGLE, 24) + g, 24);
  store<u32>(SINGLE, load<u32>(SINGLE, 28) + h, 28);
}
