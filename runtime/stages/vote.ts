import { digestOf } from "../../ledger/block/header.js";
import type { KeyPair } from "../../ledger/crypto/ed25519.js";
import { validatorRecordKey } from "../../processors/keys.js";
import { read } from "../../processors/read.js";
import type { InputRecord } from "../../processors/stage.js";
import { VoteTask } from "../../processors/vote/vote.js";
import type { Environment, StageDefinition } from "../driver/environment.js";
import { openChainTask } from "./chain-store.js";
import { Party } from "./party.js";
import { tail } from "./tail.js";

/** A validator: its own group, key and stores. */
export function voteStage(validator: number, keyPair: KeyPair): StageDefinition {
  const group = `vote-${validator}`;
  const party = new Party();
  return {
    name: "vote",
    group,
    inputs: ["shard.log", "shard.finalized"],
    isByShard: true,
    open: (partition, environment, wipe) =>
      openChainTask(party, environment, group, partition, wipe, async ({ options }) => {
        // Read to the end before anything is signed: the topic, not the store, remembers what was.
        const ownVotes = await votesOf(validator, environment, partition, options.position.height);
        return {
          task: new VoteTask({ ...options, validator, keyPair, ownVotes }),
          prepare: async (records) => {
            if (records[0]!.topic === "shard.log") await environment.signatures?.check("shard.log", records);
          },
        };
      }),
    close: () => party.close(),
  };
}

/** Digests that the validator signed above a height. */
async function votesOf(
  validator: number,
  environment: Environment,
  partition: number,
  height: number,
): Promise<Map<number, Buffer>> {
  const key = validatorRecordKey(validator);
  const { consensus } = environment.network;
  const self = consensus.validators.get(validator);
  const own = (record: InputRecord) => {
    const vote = record.key?.equals(key) ? read("Vote", record) : undefined;
    if (vote?.validator !== validator || !self) return undefined;
    // Others can write there too: what this validator didn't sign must not keep it from voting.
    return consensus.verifyVote(self, digestOf(vote.header), vote.signature) ? vote : undefined;
  };
  const records = await tail(environment, "shard.votes", partition, (record) => {
    const vote = own(record);
    return vote !== undefined && vote.header.height <= height;
  });
  const votes = new Map<number, Buffer>();
  for (const record of records) {
    const vote = own(record);
    // The first one counts: if there ever were two, the second was the fault.
    if (vote && vote.header.height > height && !votes.has(vote.header.height)) {
      votes.set(vote.header.height, digestOf(vote.header));
    }
  }
  return votes;
}
