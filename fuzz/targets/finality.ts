import { digestOf, voteMessage } from "../../ledger/block/header.js";
import { checkpointDigest, verifyCheckpoint } from "../../ledger/checkpoint/checkpoint.js";
import { verifyCertificate } from "../../ledger/consensus/certificate.js";
import { signEd25519 } from "../../ledger/crypto/ed25519.js";
import { ExecuteTask } from "../../processors/execute/execute.js";
import { FinalizeTask } from "../../processors/finalize/finalize.js";
import { StageFault, type StageFaultCode, type StageTask } from "../../processors/stage.js";
import { codec } from "../../schemas/codec.js";
import { type BlockHeader, type Checkpoint, type RecordTypes, SCHEMAS } from "../../schemas/generated.js";
import { MAC_KEY, START_MS } from "../../simulator/world/network.js";
import { certificateOf, decoded, signaturesOf } from "../../test/support/shard-log.js";
import type { TopicName } from "../../topics/catalogue.js";
import { makeChains } from "../chains.js";
import { type Chance, pick } from "../chance.js";
import { AvroValues, type Schema } from "../mutate/avro-value.js";
import { mutateBytes } from "../mutate/bytes.js";
import { joinFrames, mutateFrames, splitFrames } from "../mutate/frames.js";
import { net } from "../samples.js";
import { must, type Target } from "../target.js";

const TOPICS = [
  "shard.votes",
  "shard.checkpoint.votes",
  "shard.changes",
  "shard.finalized",
  "shard.log",
] as const satisfies TopicName[];
const OF_FINALIZE: ReadonlySet<TopicName> = new Set([
  "shard.votes",
  "shard.checkpoint.votes",
  "shard.changes",
]);
const { source: log } = makeChains();
const SHARD = log.shard;

/** Number of the topic in a byte, then the value in wire format. */
function frame(topic: (typeof TOPICS)[number], value: Buffer): Buffer {
  return Buffer.concat([Buffer.of(TOPICS.indexOf(topic)), value]);
}

const votes = log.blocks.flatMap(({ header, digest }) =>
  [1, 2, 3, 4].map((validator) => frame("shard.votes", log.voteRecord(header, digest, validator, 0).value!)),
);
const roots = log.blocks.map(({ header, digest }, index): Checkpoint => {
  const { genesis, shard, height, time, epoch } = header;
  const { prefix } = net.network.topology.shard(SHARD);
  // finalize has no tree: a root is right where a quorum says so.
  return { genesis, shard, height, block: digest, time, epoch, prefix, stateRoot: Buffer.alloc(32, index) };
});
const checkpointVotes = roots.flatMap((checkpoint) =>
  [1, 2, 3].map((validator) => checkpointVote(checkpoint, validator)),
);
const rest = [
  ...checkpointVotes,
  ...log.outputs("shard.changes").map(({ value }) => frame("shard.changes", value!)),
  ...log.blocks.map((_, index) => frame("shard.finalized", log.certificateRecord(index + 1).value!)),
];
const entries = log.records.map(({ value }) => frame("shard.log", value!));
const pool = [...votes, ...rest, ...entries];
const corpus = [
  joinFrames([...votes, ...rest]),
  joinFrames([...rest, ...votes]),
  joinFrames([...entries, ...rest]),
  joinFrames([...rest, ...entries]),
];
const headers = new AvroValues(SCHEMAS.BlockHeader as Schema);
const checkpoints = new AvroValues(SCHEMAS.Checkpoint as Schema);

function checkpointVote(checkpoint: Checkpoint, validator: number): Buffer {
  const message = voteMessage(checkpointDigest(checkpoint));
  const signature = signEd25519(message, net.validatorKeys[validator - 1]!);
  return frame("shard.checkpoint.votes", wire("CheckpointVote", { validator, checkpoint, signature }));
}

/** A header that is not the log's, voted for or certified by those whose keys we have. */
function forged(chance: Chance): Buffer {
  if (chance(3) === 0) {
    const checkpoint = checkpoints.changed(pick(chance, roots), chance) as Checkpoint;
    return checkpointVote(checkpoint, 1 + chance(4));
  }
  const header = headers.changed(pick(chance, log.blocks).header, chance) as BlockHeader;
  const digest = digestOf(header);
  if (chance(2) === 0) {
    const validator = 1 + chance(4);
    const signature = signEd25519(voteMessage(digest), net.validatorKeys[validator - 1]!);
    return frame("shard.votes", wire("Vote", { validator, header, signature }));
  }
  const signers = pick(chance, [[1, 2, 3], [1, 2], [2, 3, 4], [3, 2, 1], [1, 1, 1], []]);
  const signatures = signaturesOf(net, digest, signers);
  return frame(
    "shard.finalized",
    wire("FinalityCertificate", { ...certificateOf(net, { header, digest }), signatures }),
  );
}

function wire<K extends keyof RecordTypes>(name: K, value: RecordTypes[K]): Buffer {
  return Buffer.concat([Buffer.of(0, 0, 0, 0, 1), codec(name).encode(value)]);
}

const FAULTS: Readonly<Record<StageFaultCode, true>> = {
  DIGEST_CONTRADICTED: true,
  OWN_VOTE_CONTRADICTED: true,
  ROOT_CONTRADICTED: true,
};
const ALERTS = "BAD_CERTIFICATE BAD_VOTE_SIGNATURE UNKNOWN_VALIDATOR OTHER_CHAIN EQUIVOCATION".split(" ");

/** Votes and changes into finalize, the log and certificates into execute. */
export const target: Target = {
  about: "votes, certificates and changes, from anyone who may write to the broker",
  codes: new Set([
    ...[...ALERTS, "NO_QUORUM_POSSIBLE", "EXECUTE_CONTRADICTED", "INPUT_CORRUPT", "TAKEN", "CERTIFIED"],
    ...Object.keys(FAULTS),
  ]),
  corpus,
  next: (chance) =>
    chance(8) === 0
      ? mutateBytes(chance, pick(chance, corpus), corpus)
      : mutateFrames(chance, pick(chance, corpus), pool, (old) =>
          chance(3) === 0 ? forged(chance) : mutateBytes(chance, old, pool),
        ),
  check(input) {
    const none = { certifiedHeight: 0, stateHeight: 0, certificates: [], checkpointHeight: 0 };
    const finalize = new FinalizeTask({ network: net.network, shard: SHARD, ...none });
    const execute = new ExecuteTask({ ...log.options(), macKey: MAC_KEY, written: new Map() });
    let height = 0;
    let checkpointHeight = 0;
    return splitFrames(input).flatMap((bytes, offset) => {
      const topic = TOPICS[(bytes[0] ?? 0) % TOPICS.length]!;
      const task: StageTask = OF_FINALIZE.has(topic) ? finalize : execute;
      const place = { topic, partition: log.partition, offset, timeMs: START_MS + offset, key: null };
      try {
        const { records, alerts = [] } = task.step(
          [{ ...place, value: bytes.subarray(1) }],
          START_MS + offset,
        );
        const certified = records.filter((record) => record.topic === "shard.finalized");
        for (const record of certified) {
          const { header, signatures } = decoded("FinalityCertificate", record);
          must(verifyCertificate(header, signatures, net.network.consensus).ok, "a certificate that is none");
          must(header.height === ++height && header.shard === SHARD, "a certificate out of order");
        }
        for (const record of records.filter(({ topic }) => topic === "shard.checkpoints")) {
          const certificate = decoded("CheckpointCertificate", record);
          const { checkpoint } = certificate;
          must(verifyCheckpoint(certificate, net.network.consensus).ok, "a checkpoint that nobody certified");
          must(
            checkpoint.height > checkpointHeight && checkpoint.shard === SHARD,
            "a checkpoint out of order",
          );
          checkpointHeight = checkpoint.height;
        }
        return alerts.length > 0
          ? alerts.map(({ code }) => code)
          : certified.length > 0
            ? "CERTIFIED"
            : "TAKEN";
      } catch (error) {
        // More than two thirds signed something else than the log means: the task says so and stops.
        if (error instanceof StageFault) return error.code;
        throw error;
      }
    });
  },
};
