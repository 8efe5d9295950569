import { decodeRlp, encodeRlp, type RlpItem, rlpInteger } from "../../ledger/transaction/rlp.js";
import { type Chance, pick } from "../chance.js";
import { noise } from "./bytes.js";

const NUMBERS = [
  0n,
  1n,
  27n,
  28n,
  35n,
  2n ** 53n - 3n,
  2n ** 53n,
  2n ** 64n,
  10n ** 38n,
  2n ** 256n - 1n,
  2n ** 256n,
];

/** A typed or legacy Ethereum transaction with an item of its list changed, in right RLP; undefined where it is no RLP. */
export function mutateTransactionItems(chance: Chance, raw: Buffer): Buffer | undefined {
  const typed = raw.length > 0 && raw[0]! < 0xc0 ? 1 : 0;
  const decoded = decodeRlp(raw.subarray(typed));
  if (!decoded.ok) return undefined;
  const type = chance(8) === 0 ? Buffer.of(chance(6)) : raw.subarray(0, typed);
  return Buffer.concat([type, encodeRlp(changed(decoded.item, chance))]);
}

function changed(item: RlpItem, chance: Chance): RlpItem {
  if (!Array.isArray(item) || chance(10) === 0) return replacement(item, chance);
  const list = [...item];
  const at = chance(list.length + 1);
  const found = list[at];
  switch (chance(8)) {
    case 0:
      list.splice(at, 1);
      break;
    case 1:
      list.splice(at, 0, found ?? Buffer.alloc(0));
      break;
    case 2:
      list.splice(at, 1, [found ?? Buffer.alloc(0)]);
      break;
    default:
      if (found !== undefined) list[at] = changed(found, chance);
  }
  return list;
}

function replacement(item: RlpItem, chance: Chance): RlpItem {
  switch (chance(7)) {
    case 0:
      return [];
    case 1:
      return rlpInteger(pick(chance, NUMBERS));
    case 2:
      return Buffer.alloc(pick(chance, [0, 1, 19, 20, 21, 31, 32, 33]), chance(256));
    case 3:
      // Leading zeros.
      return Array.isArray(item) ? item : Buffer.concat([Buffer.alloc(1 + chance(3)), item]);
    case 4:
      return noise(chance, chance(40));
    default: {
      if (Array.isArray(item) || item.length === 0) return Buffer.of(chance(256));
      const other = Buffer.from(item);
      other[chance(other.length)]! ^= 1 << chance(8);
      return other;
    }
  }
}
