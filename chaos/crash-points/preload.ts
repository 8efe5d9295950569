import { CheckpointTask } from "../../processors/checkpoint/checkpoint.js";
import { ExecuteTask } from "../../processors/execute/execute.js";
import { FinalizeTask } from "../../processors/finalize/finalize.js";
import { NotifyTask } from "../../processors/notify/notify.js";
import { RelayTask } from "../../processors/relay/relay.js";
import { ShardAssignTask } from "../../processors/shard-assign/shard-assign.js";
import type { StageTask } from "../../processors/stage.js";
import { ValidateTask } from "../../processors/validate/validate.js";
import { VoteTask } from "../../processors/vote/vote.js";
import { TaskSlot } from "../../runtime/driver/task-slot.js";
import { Kafka } from "../../runtime/kafka/kafkajs.js";
import { LevelStore } from "../../runtime/store/level-store.js";
import { codec, fromWire } from "../../schemas/codec.js";
import { type CrashPoint, OCCURRENCE_VARIABLE, POINT_VARIABLE } from "./crash-point.js";

/**
 * Loaded with `--import` ahead of an ordinary process: it dies by SIGKILL when it comes to the point that the environment
 * names. The process itself is unchanged; what it calls is wrapped, at the classes of kafkajs, LevelDB and the tasks.
 */

const wanted = process.env[POINT_VARIABLE];
let left = Number(process.env[OCCURRENCE_VARIABLE] ?? "1");

/** The process came to a point. */
function at(point: CrashPoint): void {
  if (point !== wanted || --left > 0) return;
  process.kill(process.pid, "SIGKILL");
}

type Methods = Record<string, unknown>;
type Method = (this: unknown, ...args: never[]) => unknown;

/** Puts code around a method of an object: what runs before it, with its arguments, and once it has succeeded. */
function around(
  target: object,
  name: string,
  before?: (args: readonly unknown[]) => void,
  after?: (result: unknown, args: readonly unknown[]) => void,
): void {
  const methods = target as Methods;
  const original = methods[name] as Method;
  methods[name] = function (this: unknown, ...args: never[]): unknown {
    before?.(args);
    const result = original.apply(this, args);
    if (!(result instanceof Promise)) {
      after?.(result, args);
      return result;
    }
    if (!after) return result;
    return result.then((value: unknown) => {
      after(value, args);
      return value;
    });
  };
}

function points(target: object, name: string, before: CrashPoint, after: CrashPoint): void {
  around(
    target,
    name,
    () => at(before),
    () => at(after),
  );
}

/** What `sendBatch` is given, as far as we look at it. */
interface Batch {
  readonly topicMessages?: readonly {
    readonly topic: string;
    readonly messages: readonly { readonly value: Buffer | null }[];
  }[];
}

/** The same for batches with a record that this is true of. */
function batchPoints(
  producer: object,
  isMeant: (topic: string, value: Buffer | null) => boolean,
  before: CrashPoint,
  after: CrashPoint,
): void {
  const has = ([batch]: readonly unknown[]) =>
    (batch as Batch).topicMessages?.some(({ topic, messages }) =>
      messages.some(({ value }) => isMeant(topic, value)),
    );
  around(
    producer,
    "sendBatch",
    (args) => {
      if (has(args)) at(before);
    },
    (_, args) => {
      if (has(args)) at(after);
    },
  );
}

function isMarker(topic: string, value: Buffer | null): boolean {
  const wire = topic.endsWith(".shard.log") ? fromWire(value) : undefined;
  const entry = wire && codec("LogEntry").decode(wire.avroBytes)?.entry;
  return entry !== undefined && "rustorium.TopologyMarker" in entry;
}

const kafka = Kafka.prototype as unknown as object;
around(kafka, "consumer", undefined, (made) => {
  const consumer = made as Methods & { run(options: { eachBatch(payload: unknown): unknown }): unknown };
  const { run } = consumer;
  consumer.run = (options) =>
    run({
      ...options,
      eachBatch: (payload) => {
        at("after-poll");
        return options.eachBatch(payload);
      },
    });
  points(consumer, "commitOffsets", "before-offsets", "after-offsets");
});

/** These write in Kafka transactions; what they write without one are cuts. */
const isTransactional = ["execute", "finalize"].some((stage) => process.argv.includes(stage));
around(kafka, "producer", undefined, (made) => {
  const producer = made as object;
  if (isTransactional) points(producer, "sendBatch", "before-cut", "after-cut");
  else points(producer, "sendBatch", "before-produce", "after-produce");
  batchPoints(producer, isMarker, "before-markers", "after-markers");
  around(producer, "transaction", undefined, (begun) => {
    const transaction = begun as object;
    points(transaction, "sendBatch", "before-produce", "after-produce");
    batchPoints(transaction, (topic) => topic.endsWith(".topology"), "before-topology", "after-topology");
    points(transaction, "commit", "before-commit", "after-commit");
    // An empty transaction is begun and given up when a writer opens: that is what fences.
    around(transaction, "abort", undefined, () => at("after-fence"));
  });
});

points(LevelStore.prototype, "write", "before-store", "after-store");

around(LevelStore.prototype, "cloneBeside", undefined, () => at("after-clone"));
around(LevelStore.prototype, "copyInto", undefined, () => at("after-copy"));

/** Tasks that were given records: of a shard that ended before the process started, the task is closed when it is opened. */
const worked = new WeakSet<TaskSlot>();
const { enqueue, close } = TaskSlot.prototype;
TaskSlot.prototype.enqueue = function (records, topic) {
  worked.add(this);
  enqueue.call(this, records, topic);
};
TaskSlot.prototype.close = async function () {
  await close.call(this);
  if (this.isDone && worked.has(this)) at("after-close");
};

const TASKS = [
  CheckpointTask,
  ExecuteTask,
  FinalizeTask,
  NotifyTask,
  RelayTask,
  ShardAssignTask,
  ValidateTask,
  VoteTask,
];
for (const { prototype } of TASKS as readonly { readonly prototype: StageTask }[]) {
  const { step } = prototype;
  prototype.step = function (this: StageTask, records, nowMs) {
    if (wanted === "mid-step" && left === 1)
      step.call(this, records.slice(0, Math.ceil(records.length / 2)), nowMs);
    at("mid-step");
    return step.call(this, records, nowMs);
  };
}
