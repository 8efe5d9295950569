import { connect } from "node:net";

/** A broker that does not answer a question in this time is asked again. */
const ANSWER_TIMEOUT_MS = 2_000;
/** No answer to our small questions is larger. */
const ANSWER_BYTES_MAX = 1 << 20;
/** Ahead of an answer's body: its length and the correlation id. */
const ANSWER_HEADER_BYTES = 8;

const METADATA_KEY = 3;
/** Version 1 asks about no topics by an empty array; all brokers of today answer it. */
const METADATA_VERSION = 1;
const NO_TOPICS = Buffer.alloc(4);

/** Whether a Kafka broker at this address answers and counts itself as alive. */
export async function brokerAnswers(host: string, port: number): Promise<boolean> {
  const answer = await askBroker(host, port, METADATA_KEY, METADATA_VERSION, NO_TOPICS);
  // The body begins with the count of living brokers.
  return answer !== undefined && answer.length >= 4 && answer.readInt32BE(0) > 0;
}

/**
 * Asks a broker one question on a connection of its own; undefined when it does not answer. Written by hand, so that
 * this folder needs no Kafka client: the requests here are a handful of bytes.
 */
export function askBroker(
  host: string,
  port: number,
  key: number,
  version: number,
  body: Buffer,
): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (answer: Buffer | undefined): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => finish(undefined));
    socket.once("error", () => finish(undefined));
    socket.once("close", () => finish(undefined));
    socket.once("connect", () => socket.write(requestFrame(key, version, body)));
    let received = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 4) return;
      const length = received.readInt32BE(0);
      if (length < 4 || length > ANSWER_BYTES_MAX) finish(undefined);
      else if (received.length >= length + 4) finish(received.subarray(ANSWER_HEADER_BYTES, length + 4));
    });
  });
}

/** A string as Kafka's older protocol versions write it. */
export function kafkaString(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(2);
  length.writeInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** Length, then the header (key, version, correlation id, client id), then the body. */
function requestFrame(key: number, version: number, body: Buffer): Buffer {
  const head = Buffer.alloc(ANSWER_HEADER_BYTES);
  head.writeInt16BE(key, 0);
  head.writeInt16BE(version, 2);
  head.writeInt32BE(1, 4);
  const message = Buffer.concat([head, kafkaString("rustorium-probe"), body]);
  const length = Buffer.alloc(4);
  length.writeInt32BE(message.length);
  return Buffer.concat([length, message]);
}
