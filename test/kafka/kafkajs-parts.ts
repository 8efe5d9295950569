import { createRequire } from "node:module";
import fc from "fast-check";
import { afterAll, beforeAll, expect, vi } from "vitest";
import { AssignerProtocol } from "../../runtime/kafka/kafkajs.js";

/** Loads modules of kafkajs: replaced ones once ours are loaded. */
export const require = createRequire(import.meta.url);
export const NOW_MS = 1_795_377_860_574;

/** Of the file's tests: our replacements are loaded, and the time stands still. */
export function replacedKafkajs(): void {
  beforeAll(() => {
    expect(AssignerProtocol).toBeDefined();
    vi.useFakeTimers({ now: NOW_MS, toFake: ["Date", "performance"] });
  });
  afterAll(() => vi.useRealTimers());
}

/** A module of kafkajs as it is used now, and as kafkajs has it. */
export function both<F>(path: string): { ours: F; theirs: F } {
  const file = require.resolve(`kafkajs/src/${path}`);
  const replaced = require.cache[file]!;
  const ours = require(file) as F;
  delete require.cache[file];
  const theirs = require(file) as F;
  require.cache[file] = replaced;
  expect(ours).not.toBe(theirs);
  return { ours, theirs };
}
export const bytes = (maxLength: number) =>
  fc.uint8Array({ maxLength }).map((content) => Buffer.from(content));
const content = fc.oneof(
  { weight: 6, arbitrary: bytes(300) },
  { weight: 1, arbitrary: bytes(20_000) },
  { weight: 1, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 100 }) },
);
export const message = fc.record({ key: content, value: content });
