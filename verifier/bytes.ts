// Bytes without Node's Buffer: what is here runs in every browser.

/** Lower-case hex digits, two a byte, without `0x`. */
export type Hex = string & { readonly __brand: "Hex" };

/** The bytes of a text of ASCII letters; domain tags are such. */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

/** The parts one behind the other, in memory of their own. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Whether both have the same bytes. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

export function toHex(bytes: Uint8Array): Hex {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("") as Hex;
}

/** Bytes of lower-case hex; undefined where the text isn't that, or not of `size` bytes. */
export function fromHex(text: string, size: number): Uint8Array | undefined {
  if (text.length !== 2 * size || !/^[0-9a-f]*$/.test(text)) return undefined;
  return Uint8Array.from({ length: size }, (_, index) =>
    Number.parseInt(text.slice(2 * index, 2 * index + 2), 16),
  );
}

/** A bit, counted from the highest of the first byte. */
export function bitAt(bytes: Uint8Array, bit: number): 0 | 1 {
  return ((bytes[bit >> 3]! >> (7 - (bit & 7))) & 1) as 0 | 1;
}

/** Whether bytes begin with these bits, given as text. */
export function beginsWith(bytes: Uint8Array, bits: string): boolean {
  for (let bit = 0; bit < bits.length; bit++) if (bitAt(bytes, bit) !== Number(bits[bit])) return false;
  return true;
}
