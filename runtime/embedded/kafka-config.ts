import { LOOPBACK } from "./ports.js";

/** The largest record batch; the catalogue's largest topic limit must not exceed it. */
export const MESSAGE_BYTES_MAX = 10 * 1024 * 1024;
/** Partitions of each internal topic: a development machine has few groups and few transactional ids. */
export const INTERNAL_PARTITIONS = 8;
/** Consumer groups may detect a killed member this soon. */
const SESSION_TIMEOUT_MS_MIN = 1_000;
/**
 * A broker that was killed is let in again only when the controller has missed its predecessor for this long (Kafka's
 * default, 9 s, was most of a restart); heartbeats come several times in it.
 */
const BROKER_SESSION_TIMEOUT_MS = 2_000;
const BROKER_HEARTBEAT_MS = 400;
/** An idle group keeps its offsets for a year: a development machine may be off for long. */
const OFFSETS_RETENTION_MINUTES = 365 * 24 * 60;
/** Memory of the compaction's key table. The default of 128 MiB would be most of our heap. */
const CLEANER_BYTES = 16 * 1024 * 1024;
/**
 * After kill -9 the broker reads each partition's last segment again, batch by batch, and earlier ones that it didn't note as
 * flushed. So a segment is no larger than the largest batch makes it, which Kafka flushes when it begins the next one ...
 */
const SEGMENT_BYTES = MESSAGE_BYTES_MAX;
/** ... and those of the broker's own topics, a third of all batches but small ones, are as small as Kafka lets them be. */
const INTERNAL_SEGMENT_BYTES = 1024 * 1024;
/** How often the broker notes what is flushed. Default: 60 s. */
const FLUSHED_NOTED_MS = 10_000;
/** How often transactions that their producers left open past their timeout are aborted. */
const TRANSACTION_ABORT_CHECK_MS = 1_000;

/** The only node of the embedded cluster. */
const NODE_ID = 1;

/** A listener whose clients are told to come back to another port: a proxy's, which passes them on to this one. */
export interface ProxiedListener {
  readonly port: number;
  readonly advertisedPort: number;
}

/** What differs from one start of the broker to another. */
export interface BrokerSettings {
  readonly brokerPort: number;
  readonly controllerPort: number;
  /** A second way in, for clients behind a proxy. */
  readonly proxied?: ProxiedListener | undefined;
  /** Absolute directory of the logs. */
  readonly logDirectory: string;
}

/** The broker's server.properties: one node that is broker and controller, tuned for a small machine. */
export function renderServerProperties(settings: BrokerSettings): string {
  const { proxied } = settings;
  const also = (port?: number) => (port === undefined ? "" : `,PROXIED://${LOOPBACK}:${port}`);
  const properties: Record<string, string | number | boolean> = {
    "process.roles": "broker,controller",
    "node.id": NODE_ID,
    "controller.quorum.voters": `${NODE_ID}@${LOOPBACK}:${settings.controllerPort}`,
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "CLIENTS",
    "listener.security.protocol.map": "CLIENTS:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT",
    listeners: `CLIENTS://${LOOPBACK}:${settings.brokerPort},CONTROLLER://${LOOPBACK}:${settings.controllerPort}${also(proxied?.port)}`,
    "advertised.listeners": `CLIENTS://${LOOPBACK}:${settings.brokerPort}${also(proxied?.advertisedPort)}`,
    "log.dirs": escapeValue(settings.logDirectory),

    "broker.session.timeout.ms": BROKER_SESSION_TIMEOUT_MS,
    "broker.heartbeat.interval.ms": BROKER_HEARTBEAT_MS,

    "auto.create.topics.enable": false,
    "message.max.bytes": MESSAGE_BYTES_MAX,
    "num.partitions": 1,
    "default.replication.factor": 1,
    "min.insync.replicas": 1,

    "offsets.topic.replication.factor": 1,
    "offsets.topic.num.partitions": INTERNAL_PARTITIONS,
    "offsets.retention.minutes": OFFSETS_RETENTION_MINUTES,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "transaction.state.log.num.partitions": INTERNAL_PARTITIONS,
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": TRANSACTION_ABORT_CHECK_MS,

    "group.initial.rebalance.delay.ms": 0,
    "group.min.session.timeout.ms": SESSION_TIMEOUT_MS_MIN,

    "num.network.threads": 2,
    "num.io.threads": 4,
    "num.recovery.threads.per.data.dir": 2,
    "background.threads": 4,
    "log.segment.bytes": SEGMENT_BYTES,
    "offsets.topic.segment.bytes": INTERNAL_SEGMENT_BYTES,
    "transaction.state.log.segment.bytes": INTERNAL_SEGMENT_BYTES,
    "log.flush.offset.checkpoint.interval.ms": FLUSHED_NOTED_MS,
    "log.cleaner.dedupe.buffer.size": CLEANER_BYTES,
  };
  return `${Object.entries(properties)
    .map(([name, value]) => `${name}=${value}`)
    .join("\n")}\n`;
}

/** The broker's log4j2 configuration: warnings to the output, which goes to a file. */
export function renderLoggingProperties(): string {
  return [
    "status=error",
    "appender.output.type=Console",
    "appender.output.name=output",
    "appender.output.layout.type=PatternLayout",
    "appender.output.layout.pattern=%d{ISO8601} %p %c{1}: %m%n",
    "rootLogger.level=WARN",
    "rootLogger.appenderRef.output.ref=output",
    "",
  ].join("\n");
}

/** A path as a value in a properties file, where a backslash would begin an escape. */
function escapeValue(value: string): string {
  return value.replaceAll("\\", "\\\\");
}
