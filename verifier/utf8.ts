/** First code point that needs so many bytes: shorter forms of the same are refused. */
const LOWEST = [0, 0, 0x80, 0x800, 0x10000];
const CODE_POINT_MAX = 0x10ffff;

/** Text of UTF-8 bytes; undefined where they are none: too long a form, a surrogate, beyond the last code point, cut. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const length = lengthOf(bytes[at]!);
    if (length === 0 || at + length > bytes.length) return undefined;
    let point = length === 1 ? bytes[at]! : bytes[at]! & (0x7f >> length);
    for (let index = 1; index < length; index++) {
      const byte = bytes[at + index]!;
      if ((byte & 0xc0) !== 0x80) return undefined;
      point = point * 64 + (byte & 0x3f);
    }
    const isSurrogate = point >= 0xd800 && point < 0xe000;
    if (point < LOWEST[length]! || point > CODE_POINT_MAX || isSurrogate) return undefined;
    text += String.fromCodePoint(point);
    at += length;
  }
  return text;
}

/** Bytes of a code point by its first byte; 0 where none begins so. */
function lengthOf(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xc0) return 0;
  if (first < 0xe0) return 2;
  if (first < 0xf0) return 3;
  return first < 0xf8 ? 4 : 0;
}
