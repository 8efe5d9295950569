import { randomInt } from "node:crypto";

/** Length of key, length of value, room for a value. */
const HEADER_BYTES = 8;
const KEY_BYTES_MAX = 0xff;
const VALUE_BYTES_MAX = 0x7fff;
/** A new entry's value may grow by this in its place: numbers in it become longer. */
const SPARE_BYTES = 8;
/** Length of the value of an entry that was deleted. */
const DELETED = 0xffff;

const ARENA_BYTES_FIRST = 64 * 1_024;
const SLOTS_FIRST = 1_024;
/** Nobody can choose keys that meet in one slot without knowing it. */
const SEED = randomInt(2 ** 31);

/**
 * Keys (latin1) and bytes in two arrays: a state of 250,000 accounts takes 35 MB, as objects several times that, and the
 * collector would look at each of them again and again.
 */
export class ByteTable {
  private arena = Buffer.allocUnsafeSlow(ARENA_BYTES_FIRST);
  private used = 0;
  private entries = 0;
  /** Where an entry begins, plus one; 0: free. Open addressing; a power of two, at most half of it taken. */
  private slots = new Int32Array(SLOTS_FIRST);

  /** @param bytesMax of keys and values with what belongs to them; below 2^31. */
  constructor(private readonly bytesMax: number) {}

  /** Memory of the table. */
  get bytes(): number {
    return this.arena.length + this.slots.byteLength;
  }

  /** A copy of the value. */
  get(key: string): Buffer | undefined {
    const at = this.find(key);
    if (at < 0) return undefined;
    const length = this.valueLength(at);
    if (length === DELETED) return undefined;
    const from = this.valueAt(at);
    return Buffer.from(this.arena.subarray(from, from + length));
  }

  /** Deletes the key where the value is one that doesn't go in. @returns false: the table is full, and has the key no more. */
  set(key: string, value: Buffer): boolean {
    if (key.length > KEY_BYTES_MAX || value.length > VALUE_BYTES_MAX) {
      this.delete(key);
      return true;
    }
    const at = this.find(key);
    if (at >= 0 && value.length <= this.arena.readUInt16LE(at + 4)) {
      this.arena.writeUInt16LE(value.length, at + 2);
      this.arena.set(value, this.valueAt(at));
      return true;
    }
    const begin = this.append(key, value);
    if (begin < 0) {
      this.delete(key);
      return false;
    }
    // First the slot: there may be other slots afterwards.
    const slot = at >= 0 ? this.slotOf(key) : this.freeSlot(key);
    this.slots[slot] = begin + 1;
    return true;
  }

  delete(key: string): void {
    const at = this.find(key);
    if (at >= 0) this.arena.writeUInt16LE(DELETED, at + 2);
  }

  /** Deletes all keys from the first one on that are below the last one. */
  deleteRange(from: string, below: string): void {
    for (const taken of this.slots) {
      if (taken === 0) continue;
      const key = this.keyAt(taken - 1);
      if (key >= from && key < below) this.arena.writeUInt16LE(DELETED, taken + 1);
    }
  }

  private append(key: string, value: Buffer): number {
    const room = value.length + SPARE_BYTES;
    const end = this.used + HEADER_BYTES + key.length + room;
    if (end > this.bytesMax) return -1;
    if (end > this.arena.length) {
      const longer = Buffer.allocUnsafeSlow(Math.min(this.bytesMax, Math.max(end, 2 * this.arena.length)));
      this.arena.copy(longer, 0, 0, this.used);
      this.arena = longer;
    }
    const begin = this.used;
    this.used = end;
    this.arena.writeUInt16LE(key.length, begin);
    this.arena.writeUInt16LE(value.length, begin + 2);
    this.arena.writeUInt16LE(room, begin + 4);
    this.arena.write(key, begin + HEADER_BYTES, "latin1");
    this.arena.set(value, begin + HEADER_BYTES + key.length);
    return begin;
  }

  /** Beginning of the key's entry, -1: none. */
  private find(key: string): number {
    return this.slots[this.slotOf(key)]! - 1;
  }

  /** The key's slot, or the free one where it would be. */
  private slotOf(key: string): number {
    const mask = this.slots.length - 1;
    let slot = hashOf(key) & mask;
    for (; ; slot = (slot + 1) & mask) {
      const begin = this.slots[slot]! - 1;
      if (begin < 0 || this.isKeyAt(begin, key)) return slot;
    }
  }

  private freeSlot(key: string): number {
    this.entries++;
    if (2 * this.entries > this.slots.length) this.moreSlots();
    return this.slotOf(key);
  }

  private moreSlots(): void {
    const before = this.slots;
    this.slots = new Int32Array(2 * before.length);
    const mask = this.slots.length - 1;
    for (const taken of before) {
      if (taken === 0) continue;
      let slot = hashOf(this.keyAt(taken - 1)) & mask;
      while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
      this.slots[slot] = taken;
    }
  }

  private keyAt(begin: number): string {
    const from = begin + HEADER_BYTES;
    return this.arena.toString("latin1", from, from + this.arena.readUInt16LE(begin));
  }

  private isKeyAt(begin: number, key: string): boolean {
    const { arena } = this;
    if ((arena[begin]! | (arena[begin + 1]! << 8)) !== key.length) return false;
    const from = begin + HEADER_BYTES;
    // From the end: keys begin alike more often than they end alike.
    for (let index = key.length - 1; index >= 0; index--)
      if (arena[from + index] !== key.charCodeAt(index)) return false;
    return true;
  }

  private valueLength(begin: number): number {
    return this.arena.readUInt16LE(begin + 2);
  }

  private valueAt(begin: number): number {
    return begin + HEADER_BYTES + this.arena.readUInt16LE(begin);
  }
}

/** FNV-1a from a secret start, with its high bits mixed into the low ones. */
function hashOf(key: string): number {
  let hash = SEED;
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}
