import type { StoreBatch } from "../../processors/stage.js";
import type { Clock, Timer } from "../clock.js";
import type { Store, StorePart } from "./level-store.js";

/** So many keys go to disk at once, however recent: what is gathered is memory. */
const GATHERED_MAX = 20_000;

/**
 * Gathers the batches of a store and writes them as one: a key that changes with every block is written once. What reaches
 * the disk is always the state after some batch, never between two. Reads see everything.
 */
export class BufferedStore implements Store {
  private gathered = new Map<string, Buffer | null>();
  /** On its way to the disk. */
  private leaving: Map<string, Buffer | null> = new Map();
  private flushing: Promise<void> = Promise.resolve();
  private timer: Timer | undefined;
  private failure: { readonly error: unknown } | undefined;

  /** @param gatherMs how long writes gather, in milliseconds; 0: each goes to disk at once */
  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly gatherMs: number,
  ) {}

  get(key: string): Buffer | undefined {
    let fresh = this.gathered.get(key);
    if (fresh === undefined) fresh = this.leaving.get(key);
    if (fresh !== undefined) return fresh ?? undefined;
    return this.store.get(key);
  }

  async *range(from: string, below: string): AsyncIterable<readonly [string, Buffer]> {
    await this.flush();
    yield* this.store.range(from, below);
  }

  async *parts(from: string, below: string): AsyncIterable<StorePart> {
    await this.flush();
    yield* this.store.parts(from, below);
  }

  /** Throws what an earlier write to the disk threw. */
  async write(batch: StoreBatch): Promise<void> {
    this.rethrow();
    for (const [key, value] of batch) this.gathered.set(key, value);
    if (this.gatherMs === 0 || this.gathered.size >= GATHERED_MAX) await this.flush();
    else if (this.gathered.size > 0) {
      this.timer ??= this.clock.after(this.gatherMs, () => {
        this.timer = undefined;
        // The next write says what went wrong.
        this.flush().catch(() => undefined);
      });
    }
  }

  sizeOf(from: string, below: string): Promise<number> {
    return this.store.sizeOf(from, below);
  }

  get memoryBytes(): number {
    return this.store.memoryBytes;
  }

  async copyInto(target: Store, from: string, below: string): Promise<void> {
    await this.flush();
    await this.store.copyInto(target, from, below);
  }

  async forget(from: string, below: string): Promise<void> {
    await this.flush();
    await this.store.forget(from, below);
  }

  async settle(): Promise<void> {
    await this.flush();
    await this.store.settle();
  }

  async cloneBeside(name: string): Promise<void> {
    await this.flush();
    await this.store.cloneBeside(name);
  }

  /** Puts everything on disk that was written so far; one after the other. Throws what the disk threw. */
  private async flush(): Promise<void> {
    this.timer?.cancel();
    this.timer = undefined;
    this.flushing = this.flushing.then(() => this.writeOut());
    await this.flushing;
    this.rethrow();
  }

  private async writeOut(): Promise<void> {
    if (this.failure || this.gathered.size === 0) return;
    this.leaving = this.gathered;
    this.gathered = new Map();
    try {
      await this.store.write([...this.leaving]);
      this.leaving = new Map();
    } catch (error) {
      this.failure = { error };
    }
  }

  private rethrow(): void {
    if (this.failure) throw this.failure.error;
  }

  async close(): Promise<void> {
    await this.flush().catch(() => undefined);
    await this.store.close();
  }
}
