import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  environmentName,
  loadSettings,
  OPTIONS,
  SettingError,
  type Settings,
} from "../../runtime/settings.js";
import { type Chance, pick } from "../chance.js";
import { mutateBytes } from "../mutate/bytes.js";
import { joinFrames, mutateFrames, splitFrames } from "../mutate/frames.js";
import { must, type Target } from "../target.js";

const directory = mkdtempSync(join(tmpdir(), "rustorium-fuzz-"));
const file = join(directory, "rustorium.toml");
process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
const TEXTS = [
  ...[
    'port = 8080\nnetwork = "a"',
    "[port]\nx = 1",
    "port = [1, 2]",
    "port = 1e3",
    "port = 0x1F90",
    "port = 1_0",
  ],
  ...[
    "port = true",
    "port = 1979-05-27T07:32:00Z",
    "port.x = 1",
    '"__proto__" = 1',
    "[[brokers]]",
    'brokers = ["a:1"]',
  ],
  ...[
    'home = ""',
    "port = nan",
    "replication = inf",
    'log-level = "debug"',
    "toString = 1",
    "a = {b = {c = {}}}",
  ],
  ...[
    "port = 99999999999999999999",
    "network = {}",
    "log-retention-days = 0x",
    "",
    "=",
    '"""',
    `a = ${"[".repeat(600)}`,
  ],
];
const NUMBERS = "80 0x50 1e3 -1 65536 1.0  + ٣ NaN Infinity 00 8_0 80\u0000".split(" ");
/** The file; a number for port on the command line; one for replication in the environment. */
const corpus = TEXTS.map((text, index) =>
  joinFrames([text, NUMBERS[index % NUMBERS.length]!, ""].map((part) => Buffer.from(part))),
);
const pool = [...TEXTS, ...NUMBERS].map((text) => Buffer.from(text));

function assignment(chance: Chance): Buffer {
  const value = pick(chance, [
    "1",
    '"x"',
    "{}",
    "[]",
    "{ a = 1 }",
    "[{}]",
    "1.5",
    "true",
    "07:32:00",
    "'''x'''",
  ]);
  return Buffer.from(`${pick(chance, OPTIONS).toml} = ${value}\n`);
}

function checked(settings: Settings): void {
  const { port, replication, logRetentionDays, network } = settings;
  must(Number.isInteger(port) && port >= 0 && port <= 65_535, "a port out of bounds");
  must(
    Number.isInteger(replication) && replication >= 1 && replication <= 100,
    "a replication out of bounds",
  );
  must(Number.isInteger(logRetentionDays) && logRetentionDays >= 1, "a retention out of bounds");
  must(/^[a-z0-9][a-z0-9-]{0,62}$/.test(network), "a network without a name");
}

/** rustorium.toml, a flag and the environment: settings within bounds, or BAD_SETTING with what is wrong. */
export const target: Target = {
  about: "rustorium.toml, flags and environment, from whoever starts a process",
  codes: new Set(["BAD_SETTING", "SETTINGS"]),
  corpus,
  next: (chance) =>
    mutateFrames(chance, pick(chance, corpus), pool, (frame) =>
      chance(2) === 0 ? Buffer.concat([assignment(chance), frame]) : mutateBytes(chance, frame, pool),
    ),
  check(input) {
    const [text, port, replication] = splitFrames(input);
    writeFileSync(file, text ?? "");
    const option = OPTIONS.find(({ name }) => name === "replication")!;
    const environment = replication?.length
      ? { [environmentName(option)]: replication.toString("utf8") }
      : {};
    try {
      checked(loadSettings(port?.length ? { port: port.toString("utf8") } : {}, environment, file));
      return "SETTINGS";
    } catch (error) {
      if (error instanceof SettingError) return error.code;
      throw error;
    }
  },
};
