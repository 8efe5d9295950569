import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { ReplyLine } from "./reply-line.js";

/** What becomes of the broker's replies on their way. Requests always pass. */
export type ReplyMode =
  | { readonly kind: "pass" }
  | { readonly kind: "delay"; readonly delayMs: number }
  /** Swallowed; a connection that missed something is cut when the mode ends, since its stream makes no sense any more. */
  | { readonly kind: "drop" };

const LOOPBACK = "127.0.0.1";

/** A TCP proxy in front of a broker's listener, on a port of 127.0.0.1, that can hold up, drop and cut. */
export class ReplyProxy {
  private readonly lines = new Set<ReplyLine>();
  private mode: ReplyMode = { kind: "pass" };

  private constructor(
    private readonly server: Server,
    readonly port: number,
    private readonly targetPort: () => number,
  ) {
    server.on("connection", (client) => this.accept(client));
  }

  /** @param targetPort port of 127.0.0.1 to pass connections on to, asked for with each one */
  static start(targetPort: () => number): Promise<ReplyProxy> {
    const server = createServer();
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, LOOPBACK, () =>
        resolve(new ReplyProxy(server, (server.address() as AddressInfo).port, targetPort)),
      );
    });
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.lines.size;
  }

  private accept(client: Socket): void {
    const line = new ReplyLine(client, connect({ host: LOOPBACK, port: this.targetPort() }), () => this.mode);
    this.lines.add(line);
    line.onClosed(() => this.lines.delete(line));
  }

  setMode(mode: ReplyMode): void {
    this.mode = mode;
    if (mode.kind !== "drop") for (const line of this.lines) if (line.hasMissed) line.cut();
  }

  /** Resets every connection. Returns how many there were. */
  cutAll(): number {
    const { size } = this.lines;
    for (const line of this.lines) line.cut();
    return size;
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.cutAll();
    await closed;
  }
}
