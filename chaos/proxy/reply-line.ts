import type { Socket } from "node:net";
import type { ReplyMode } from "./reply-proxy.js";

/** Bytes of replies that wait on one connection before the broker isn't read any more. */
const WAITING_BYTES_MAX = 8 * 1024 * 1024;

/** One connection through the proxy: requests pass, replies meet the mode, in order. */
export class ReplyLine {
  /** Whether a reply was dropped. */
  hasMissed = false;
  private readonly waiting: { readonly bytes: Buffer; readonly dueMs: number }[] = [];
  private waitingBytes = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly client: Socket,
    private readonly broker: Socket,
    private readonly mode: () => ReplyMode,
  ) {
    for (const socket of [client, broker]) {
      socket.setNoDelay(true);
      socket.on("error", () => this.cut());
      socket.on("close", () => this.cut());
    }
    client.pipe(broker);
    broker.on("data", (bytes: Buffer) => this.reply(bytes));
  }

  onClosed(callback: () => void): void {
    this.client.once("close", callback);
  }

  cut(): void {
    clearTimeout(this.timer);
    this.client.destroy();
    this.broker.destroy();
  }

  private reply(bytes: Buffer): void {
    const mode = this.mode();
    if (mode.kind === "drop" || this.hasMissed) {
      this.hasMissed = true;
      return;
    }
    const dueMs = performance.now() + (mode.kind === "delay" ? mode.delayMs : 0);
    this.waiting.push({ bytes, dueMs });
    this.waitingBytes += bytes.length;
    if (this.waitingBytes > WAITING_BYTES_MAX) this.broker.pause();
    if (this.timer === undefined) this.passOn();
  }

  /** Passes on what is due; what came later never overtakes. */
  private passOn(): void {
    this.timer = undefined;
    for (let first = this.waiting[0]; first; first = this.waiting[0]) {
      const waitMs = first.dueMs - performance.now();
      if (waitMs > 0) {
        this.timer = setTimeout(() => this.passOn(), waitMs);
        return;
      }
      this.waiting.shift();
      this.waitingBytes -= first.bytes.length;
      if (!this.client.destroyed) this.client.write(first.bytes);
    }
    if (this.broker.isPaused()) this.broker.resume();
  }
}
