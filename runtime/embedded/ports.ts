import { createServer } from "node:net";
import { EmbeddedError } from "./errors.js";

/** Everything embedded listens here only. */
export const LOOPBACK = "127.0.0.1";

/**
 * Ports to listen on, in the order asked for: a given port is checked to be free, an `undefined` one is chosen by
 * the operating system. All are held open until all are found, so that no two are the same.
 */
export async function choosePorts(wanted: readonly (number | undefined)[]): Promise<number[]> {
  const held: { port: number; close: () => Promise<void> }[] = [];
  try {
    for (const port of wanted) held.push(await hold(port ?? 0));
    return held.map((entry) => entry.port);
  } finally {
    await Promise.all(held.map((entry) => entry.close()));
  }
}

function hold(wanted: number): Promise<{ port: number; close: () => Promise<void> }> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (cause) => {
      reject(
        new EmbeddedError(
          "PORT_IN_USE",
          `port ${wanted} on ${LOOPBACK} cannot be used (${cause.message}); stop what listens there or choose another`,
          { cause },
        ),
      );
    });
    server.listen({ host: LOOPBACK, port: wanted, exclusive: true }, () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : wanted;
      resolve({ port, close: () => new Promise((closed) => server.close(() => closed())) });
    });
  });
}
