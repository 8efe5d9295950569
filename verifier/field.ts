// BN254's scalar field.

/** Its order. */
export const FIELD_ORDER = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;
/** Bytes of an element, the highest first. */
export const FIELD_BYTES = 32;

/** The element with the value of a number, negative ones too. */
export function modulo(value: bigint): bigint {
  const rest = value % FIELD_ORDER;
  return rest < 0n ? rest + FIELD_ORDER : rest;
}

/** 1 / value, by Euclid; value must not be 0. */
export function inverse(value: bigint): bigint {
  let [high, low] = [FIELD_ORDER, modulo(value)];
  let [before, factor] = [0n, 1n];
  while (low > 0n) {
    const quotient = high / low;
    [high, low] = [low, high - quotient * low];
    [before, factor] = [factor, before - quotient * factor];
  }
  return modulo(before);
}

/** The element of 32 bytes; undefined where they are not below the order: each element has one form. */
export function elementOf(bytes: Uint8Array): bigint | undefined {
  let value = 0n;
  const words = new DataView(bytes.buffer, bytes.byteOffset, FIELD_BYTES);
  for (let at = 0; at < FIELD_BYTES; at += 8) value = (value << 64n) | words.getBigUint64(at);
  return value < FIELD_ORDER ? value : undefined;
}
