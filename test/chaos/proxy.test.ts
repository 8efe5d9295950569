import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ReplyProxy } from "../../chaos/proxy/reply-proxy.js";
import { within } from "../../chaos/wait.js";

const BOUND_MS = 5_000;

/** A client that keeps what it receives. */
class Client {
  received = "";
  isClosed = false;
  private constructor(readonly socket: Socket) {
    socket.on("data", (bytes) => {
      this.received += String(bytes);
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.isClosed = true;
    });
  }
  static open(port: number): Promise<Client> {
    return new Promise((resolve) => {
      const socket = connect({ host: "127.0.0.1", port }, () => resolve(client));
      const client = new Client(socket);
    });
  }
  has(text: string): Promise<boolean> {
    return within(BOUND_MS, () => this.received === text);
  }
}

describe("the proxy", () => {
  let broker: Server;
  let requests: string[];
  let proxy: ReplyProxy;
  const sockets = new Set<Socket>();

  beforeEach(async () => {
    requests = [];
    // Answers each request with what it got, in brackets.
    broker = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("data", (bytes) => {
        requests.push(String(bytes));
        socket.write(`[${String(bytes)}]`);
      });
    });
    await new Promise<void>((resolve) => broker.listen(0, "127.0.0.1", resolve));
    proxy = await ReplyProxy.start(() => (broker.address() as AddressInfo).port);
  });

  afterEach(async () => {
    await proxy.stop();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => broker.close(resolve));
  });

  it("passes requests and replies", async () => {
    const client = await Client.open(proxy.port);
    client.socket.write("a");
    expect(await client.has("[a]")).toBe(true);
    expect(proxy.connections).toBe(1);
  });

  it("delays replies and keeps their order, also when the delay ends", async () => {
    const client = await Client.open(proxy.port);
    client.socket.write("1");
    expect(await client.has("[1]")).toBe(true);
    proxy.setMode({ kind: "delay", delayMs: 300 });
    const startMs = performance.now();
    client.socket.write("2");
    expect(await within(BOUND_MS, () => requests.length === 2)).toBe(true);
    proxy.setMode({ kind: "pass" });
    client.socket.write("3");
    expect(await client.has("[1][2][3]")).toBe(true);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(290);
  });

  it("drops replies though the request arrived, and then cuts the connection", async () => {
    const client = await Client.open(proxy.port);
    const idle = await Client.open(proxy.port);
    proxy.setMode({ kind: "drop" });
    client.socket.write("lost");
    expect(await within(BOUND_MS, () => requests.includes("lost"))).toBe(true);
    expect(client.isClosed).toBe(false);
    proxy.setMode({ kind: "pass" });
    expect(await within(BOUND_MS, () => client.isClosed)).toBe(true);
    expect(client.received).toBe("");
    idle.socket.write("b");
    expect(await idle.has("[b]")).toBe(true);
  });

  it("cuts every connection at once, and takes new ones", async () => {
    const clients = [await Client.open(proxy.port), await Client.open(proxy.port)];
    expect(await within(BOUND_MS, () => proxy.connections === 2)).toBe(true);
    expect(proxy.cutAll()).toBe(2);
    expect(await within(BOUND_MS, () => clients.every(({ isClosed }) => isClosed))).toBe(true);
    const next = await Client.open(proxy.port);
    next.socket.write("c");
    expect(await next.has("[c]")).toBe(true);
  });

  it("refuses, by closing, while nothing listens behind it", async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => broker.close(resolve));
    const { port } = proxy;
    await proxy.stop();
    proxy = await ReplyProxy.start(() => port);
    const client = await Client.open(proxy.port);
    expect(await within(BOUND_MS, () => client.isClosed)).toBe(true);
  });
});
