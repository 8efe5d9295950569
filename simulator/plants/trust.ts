import { applyTransaction } from "../../ledger/block/apply-transaction.js";
import { digestOf, voteMessage } from "../../ledger/block/header.js";
import { signEd25519 } from "../../ledger/crypto/ed25519.js";
import type { Topology } from "../../ledger/topology.js";
import { validatorRecordKey } from "../../processors/keys.js";
import { read } from "../../processors/read.js";
import type { InputRecord, OutputRecord, StageTask, StepResult } from "../../processors/stage.js";
import type { Environment, StageDefinition } from "../../runtime/driver/environment.js";
import { codec, toWire } from "../../schemas/codec.js";
import type { TopicName } from "../../topics/catalogue.js";
import { validatorKey } from "../world/network.js";
import type { PlantedBug, Seams } from "./plant.js";
import { inEnvironmentOf, together, withConsensus } from "./seams.js";

const VOTE_GROUP = "vote-";

/** Signs what execute wrote, without executing anything. */
function stamping(validator: number, partition: number): StageTask {
  const stamp = (record: InputRecord): OutputRecord[] => {
    const header = read("BlockHeader", record);
    if (!header) return [];
    const signature = signEd25519(voteMessage(digestOf(header)), validatorKey(validator));
    const value = codec("Vote").encode({ validator, header, signature });
    return [{ topic: "shard.votes", partition, key: validatorRecordKey(validator), value }];
  };
  return {
    step: (records) => ({
      records: records.flatMap(stamp),
      resumeAt: new Map([["shard.blocks", records.at(-1)!.offset + 1]]),
    }),
  };
}

function stampingVoters(definition: StageDefinition): StageDefinition {
  if (definition.name !== "vote") return definition;
  const validator = Number(definition.group.slice(VOTE_GROUP.length));
  return {
    ...definition,
    inputs: ["shard.blocks"],
    open: async (partition) => ({ task: stamping(validator, partition) }),
  };
}

const amountForgotten: typeof applyTransaction = (entry, transaction, context) =>
  applyTransaction(entry, { ...transaction, amount: 0n }, context);

function rubberStamp(): Seams {
  return together(
    { definition: stampingVoters },
    inEnvironmentOf(["execute"], (environment) => ({
      ...environment,
      planted: { applyTransaction: amountForgotten },
    })),
  );
}

/** A header in the shape of a certificate that nobody signed. */
function asCertificate(record: InputRecord, { network, schemaIds }: Environment): InputRecord {
  const header = read("BlockHeader", record);
  if (!header) return record;
  const { totalStake } = network;
  const certificate = { header, digest: digestOf(header), signatures: [], signedStake: 0, totalStake };
  const value = toWire(schemaIds.get("shard.finalized")!, codec("FinalityCertificate").encode(certificate));
  return { ...record, topic: "shard.finalized", value };
}

function hastyRelay(definition: StageDefinition): StageDefinition {
  if (definition.name !== "relay") return definition;
  return {
    ...definition,
    inputs: ["shard.messages", "shard.blocks"],
    async open(partition, environment, wipe) {
      const { task } = await definition.open(partition, environment, wipe);
      const readFrom = (topic: TopicName): TopicName =>
        topic === "shard.finalized" ? "shard.blocks" : topic;
      const hasty = (result: StepResult): StepResult => ({
        ...result,
        resumeAt: new Map(Array.from(result.resumeAt ?? [], ([topic, offset]) => [readFrom(topic), offset])),
        pause: result.pause?.map(readFrom) ?? [],
      });
      return {
        task: {
          step(records, nowMs) {
            const given = records.map((record) =>
              record.topic === "shard.blocks" ? asCertificate(record, environment) : record,
            );
            return hasty(task.step(given, nowMs));
          },
          ...(task.timer && { timer: (nowMs: number) => hasty(task.timer!(nowMs)) }),
          ...(task.topology && {
            topology: (tree: Topology, nowMs: number) => hasty(task.topology!(tree, nowMs)),
          }),
          get isDone() {
            return task.isDone === true;
          },
        },
      };
    },
  };
}

function uncertifiedBundles(): Seams {
  return together(
    { definition: hastyRelay },
    inEnvironmentOf(["execute", "vote"], (environment) => ({
      ...environment,
      network: withConsensus(environment.network, { isQuorum: () => true }),
    })),
  );
}

/** Who believes what isn't proved. */
export const trustPlants = {
  "rubber-stamp": {
    about: "Validators sign what execute says, and execute forgets the amount of each transfer.",
    found: { seed: 1, invariant: "same-state", says: "the log says another block" },
    make: rubberStamp,
  },
  "bundle-before-certificate": {
    about: "relay delivers a block's bundles before it is certified, and shards take what nobody signed.",
    found: { seed: 2, invariant: "same-state" },
    make: uncertifiedBundles,
  },
} satisfies Record<string, PlantedBug>;
