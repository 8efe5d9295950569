/**
 * SHA-256 (FIPS 180-4), written out: the ledger's comes from libsodium, and on inputs as short as ours a call into a
 * native library costs more than the hash.
 */

const BLOCK_BYTES = 64;
const LENGTH_BYTES = 8;
const PRIMES = 64;

/** First 32 bits of the fractional part of a root of each of the first 64 primes. */
function rootsOfPrimes(root: (prime: number) => number): Int32Array {
  const found: number[] = [];
  for (let candidate = 2; found.length < PRIMES; candidate++) {
    let isPrime = true;
    for (let divisor = 2; divisor * divisor <= candidate; divisor++) {
      if (candidate % divisor === 0) isPrime = false;
    }
    if (isPrime) found.push(candidate);
  }
  return Int32Array.from(found, (prime) => Math.floor((root(prime) % 1) * 2 ** 32) | 0);
}

const K = rootsOfPrimes(Math.cbrt);
const START = rootsOfPrimes(Math.sqrt).subarray(0, 8);

const words = new Int32Array(64);
const state = new Int32Array(8);
let message = Buffer.alloc(64 * 1024);

/** SHA-256 of the parts one after the other, 32 bytes. */
export function sha256(...parts: readonly Uint8Array[]): Buffer {
  let length = 0;
  for (const part of parts) length += part.length;
  const blocks = Math.ceil((length + 1 + LENGTH_BYTES) / BLOCK_BYTES);
  const padded = blocks * BLOCK_BYTES;
  if (message.length < padded) message = Buffer.alloc(2 * padded);
  let at = 0;
  for (const part of parts) {
    message.set(part, at);
    at += part.length;
  }
  message.fill(0, at, padded);
  message[at] = 0x80;
  message.writeUInt32BE(Math.floor(length / 2 ** 29), padded - 8);
  message.writeUInt32BE((length * 8) % 2 ** 32, padded - 4);
  state.set(START);
  for (let start = 0; start < padded; start += BLOCK_BYTES) compress(message, start);
  const digest = Buffer.allocUnsafe(32);
  for (let index = 0; index < 8; index++) digest.writeInt32BE(state[index]!, 4 * index);
  return digest;
}

function compress(bytes: Buffer, start: number): void {
  const w = words;
  for (let t = 0; t < 16; t++) {
    const at = start + 4 * t;
    w[t] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  }
  for (let t = 16; t < 64; t++) {
    const x = w[t - 15]!;
    const y = w[t - 2]!;
    const small0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const small1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[t] = (w[t - 16]! + small0 + w[t - 7]! + small1) | 0;
  }
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  let f = state[5]!;
  let g = state[6]!;
  let h = state[7]!;
  for (let t = 0; t < 64; t++) {
    const big1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const first = (h + big1 + ((e & f) ^ (~e & g)) + K[t]! + w[t]!) | 0;
    const big0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const second = (big0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  state[0] = state[0]! + a;
  state[1] = state[1]! + b;
  state[2] = state[2]! + c;
  state[3] = state[3]! + d;
  state[4] = state[4]! + e;
  state[5] = state[5]! + f;
  state[6] = state[6]! + g;
  state[7] = state[7]! + h;
}
