import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parse } from "smol-toml";
import {
  DEFAULT_MOVE_COST,
  DEFAULT_WEIGHT,
  STRATEGIES,
  type Strategy,
  WEIGHT_MAX,
} from "../processors/placement/terms.js";

/** Settings of a process. They never change outcomes: what does is in the genesis. */
export interface Settings {
  /** Brokers to connect to, host:port; empty: the embedded broker. */
  readonly brokers: readonly string[];
  /** Base URL of the schema registry; undefined: the embedded one. */
  readonly registry: string | undefined;
  /** Name of the network; prefix of its topics. */
  readonly network: string;
  /** Directory of data, secrets and logs. */
  readonly home: string;
  /** Directory of the local stores; undefined: below home. */
  readonly stores: string | undefined;
  /** Address that the gateway listens on. */
  readonly host: string;
  /** Port of the gateway; 0: any free one. */
  readonly port: number;
  readonly logLevel: string;
  /** Log files older than this many days are deleted. */
  readonly logRetentionDays: number;
  /** Replication factor of new topics. */
  readonly replication: number;
  /** A group's member that isn't heard of for this long loses its partitions; undefined: what suits the cluster. */
  readonly sessionTimeoutMs: number | undefined;
  /** How partitions are shared out among the processes of a stage. */
  readonly placement: Strategy;
  /** What this process can do compared with others, 100 being an ordinary one. */
  readonly weight: number;
  /** What moving partitions must save, in percent of one process' time. */
  readonly moveCost: number;
  /** Least time between two rebalances that load is the reason of. */
  readonly placementIntervalMs: number;
}

/**
 * Session time-out on a cluster that isn't ours, in milliseconds: the least that a broker with default settings takes
 * (group.min.session.timeout.ms).
 */
export const DEFAULT_SESSION_TIMEOUT_MS = 6_000;
/** Bounds of the setting: the embedded broker takes no less, a default one no more. */
const SESSION_TIMEOUT_MS_MIN = 1_000;
const SESSION_TIMEOUT_MS_MAX = 1_800_000;

/**
 * Load is what counts unless somebody wants otherwise: with equal processes that all keep up `adaptive` does what
 * `least-loaded` does, and where one is slower, or has other things to do, that is seen and needn't be configured.
 */
const DEFAULT_PLACEMENT: Strategy = "adaptive";
/** A rebalance stops reading for about a second: so rarely it doesn't matter. In milliseconds. */
const DEFAULT_PLACEMENT_INTERVAL_MS = 30_000;
const PLACEMENT_INTERVAL_MS_MAX = 86_400_000;
const PERCENT = 100;

/** A setting's value makes no sense. */
export class SettingError extends Error {
  readonly code = "BAD_SETTING";
}

interface Option {
  /** Key in rustorium.toml and, in capitals after RUSTORIUM_, in the environment; also the flag. */
  readonly name: keyof Settings;
  readonly toml: string;
  readonly about: string;
  readonly fallback: unknown;
}

/** Every setting once: flag, then environment, then rustorium.toml, then the default. */
export const OPTIONS: readonly Option[] = [
  { name: "brokers", toml: "brokers", about: "Kafka brokers, host:port, separated by commas", fallback: "" },
  { name: "registry", toml: "registry", about: "schema registry (Confluent API), base URL", fallback: "" },
  {
    name: "network",
    toml: "network",
    about: "name of the network; prefix of its topics",
    fallback: "rustorium",
  },
  { name: "home", toml: "home", about: "directory of data, secrets and logs", fallback: ".rustorium" },
  { name: "stores", toml: "stores", about: "directory of local stores (default: below home)", fallback: "" },
  { name: "host", toml: "host", about: "address that the gateway listens on", fallback: "127.0.0.1" },
  { name: "port", toml: "port", about: "port of the gateway", fallback: 8080 },
  { name: "logLevel", toml: "log-level", about: "trace, debug, info, warn, error", fallback: "warn" },
  {
    name: "logRetentionDays",
    toml: "log-retention-days",
    about: "days that log files are kept",
    fallback: 7,
  },
  { name: "replication", toml: "replication", about: "replication factor of new topics", fallback: 1 },
  {
    name: "sessionTimeoutMs",
    toml: "session-timeout-ms",
    about: "a stage's member that isn't heard of for this long loses its partitions",
    fallback: "",
  },
  {
    name: "placement",
    toml: "placement",
    about: `how the processes of a stage share its partitions: ${STRATEGIES.join(", ")}`,
    fallback: DEFAULT_PLACEMENT,
  },
  {
    name: "weight",
    toml: "weight",
    about: "what this process can do compared with others, for `weighted` and `adaptive`",
    fallback: DEFAULT_WEIGHT,
  },
  {
    name: "moveCost",
    toml: "move-cost",
    about: "what moving partitions must save, in percent of one process' time",
    fallback: DEFAULT_MOVE_COST * PERCENT,
  },
  {
    name: "placementIntervalMs",
    toml: "placement-interval-ms",
    about: "least time between two rebalances because of load",
    fallback: DEFAULT_PLACEMENT_INTERVAL_MS,
  },
];

/** Name of a setting in the environment. */
export function environmentName(option: Option): string {
  return `RUSTORIUM_${option.toml.toUpperCase().replaceAll("-", "_")}`;
}

/**
 * Settings from flags, environment and rustorium.toml in the working directory.
 * Throws SettingError naming what is wrong and where it came from.
 */
export function loadSettings(
  flags: Partial<Record<keyof Settings, unknown>>,
  environment: NodeJS.ProcessEnv = process.env,
  file = resolve("rustorium.toml"),
): Settings {
  const toml = existsSync(file) ? readToml(file) : {};
  const known = new Set(OPTIONS.map((option) => option.toml));
  for (const key of Object.keys(toml))
    if (!known.has(key)) throw new SettingError(`${file}: no setting "${key}"`);
  const value = (name: keyof Settings): { text: string; from: string } => {
    const option = OPTIONS.find((candidate) => candidate.name === name)!;
    const variable = environmentName(option);
    if (flags[name] !== undefined) return { text: String(flags[name]), from: `--${option.toml}` };
    if (environment[variable] !== undefined) return { text: environment[variable], from: variable };
    const from = `${file}, ${option.toml}`;
    if (toml[option.toml] !== undefined) return { text: textOf(toml[option.toml], from), from };
    return { text: String(option.fallback), from: "default" };
  };
  const integer = (name: keyof Settings, min: number, max: number): number => {
    const { text, from } = value(name);
    const number = Number(text);
    if (!WHOLE_NUMBER.test(text) || number < min || number > max) {
      throw new SettingError(`${from}: ${text} is not a whole number from ${min} to ${max}`);
    }
    return number;
  };
  const network = value("network");
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(network.text)) {
    throw new SettingError(`${network.from}: a network's name has lower-case letters, digits and dashes`);
  }
  const level = value("logLevel");
  if (!["trace", "debug", "info", "warn", "error", "fatal", "silent"].includes(level.text)) {
    throw new SettingError(`${level.from}: no log level ${level.text}`);
  }
  const placement = value("placement");
  const strategy = STRATEGIES.find((name) => name === placement.text);
  if (!strategy)
    throw new SettingError(`${placement.from}: no placement ${placement.text}: ${STRATEGIES.join(", ")}`);
  return {
    brokers: value("brokers")
      .text.split(",")
      .filter((broker) => broker !== ""),
    registry: value("registry").text || undefined,
    network: network.text,
    home: resolve(value("home").text),
    stores: value("stores").text ? resolve(value("stores").text) : undefined,
    host: value("host").text,
    port: integer("port", 0, 65_535),
    logLevel: level.text,
    logRetentionDays: integer("logRetentionDays", 1, 3_650),
    replication: integer("replication", 1, 100),
    sessionTimeoutMs: value("sessionTimeoutMs").text
      ? integer("sessionTimeoutMs", SESSION_TIMEOUT_MS_MIN, SESSION_TIMEOUT_MS_MAX)
      : undefined,
    placement: strategy,
    weight: integer("weight", 1, WEIGHT_MAX),
    moveCost: integer("moveCost", 0, PERCENT),
    placementIntervalMs: integer("placementIntervalMs", 0, PLACEMENT_INTERVAL_MS_MAX),
  };
}

/** Digits only: `Number` would also take nothing at all, spaces and `0x50`. */
const WHOLE_NUMBER = /^\d{1,10}$/;

/** A value of rustorium.toml as a flag would give it; a list of texts with commas. */
function textOf(value: unknown, from: string): string {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return String(value);
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value.join(",");
  throw new SettingError(`${from}: neither a text nor a number`);
}

function readToml(file: string): Record<string, unknown> {
  try {
    return parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new SettingError(`${file}: ${String(error)}`);
  }
}
