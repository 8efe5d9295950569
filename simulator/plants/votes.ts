import type { InputRecord } from "../../processors/stage.js";
import type { Environment } from "../../runtime/driver/environment.js";
import type { GenesisValidator } from "../../schemas/generated.js";
import type { PlantedBug, Seams } from "./plant.js";
import { inEnvironmentOf, inTaskOf, together, withConsensus, withTask } from "./seams.js";

const timeOfOwnClock = (records: readonly InputRecord[], nowMs: number) =>
  records.map((record) => ({ ...record, timeMs: nowMs }));

const timeOfBatch = (records: readonly InputRecord[]) =>
  records.map((record) => ({ ...record, timeMs: records.at(-1)!.timeMs }));

/** The end of every topic is where it begins: nothing is read back. */
function withoutPast(environment: Environment): Environment {
  const { admin } = environment;
  return {
    ...environment,
    admin: {
      fetchOffsets: (request) => admin.fetchOffsets(request),
      fetchTopicOffsets: async (topic) =>
        (await admin.fetchTopicOffsets(topic)).map((bounds) => ({ ...bounds, low: bounds.high })),
    },
  };
}

function forgetfulVoters(): Seams {
  return together(
    inTaskOf(["vote"], (open) => withTask(open, { records: timeOfOwnClock })),
    inEnvironmentOf(["vote"], withoutPast),
  );
}

function anyonesSignature({ network }: Environment) {
  const { consensus } = network;
  const { validators } = consensus;
  return (_claimed: GenesisValidator, digest: Buffer, signature: Buffer) =>
    [...validators.values()].some((validator) => consensus.verifyVote(validator, digest, signature));
}

/** Votes and certificates. */
export const votePlants = {
  "chain-time-by-own-clock": {
    about: "Validators take the time of a record from their own clocks instead of from the log.",
    found: { seed: 1, invariant: "same-state" },
    make: () => inTaskOf(["vote"], (open) => withTask(open, { records: timeOfOwnClock })),
  },
  "chain-time-by-batch": {
    about: "All records that were read together get the time of the last, so digests depend on batches.",
    found: { seed: 1, invariant: "same-state" },
    make: () => inTaskOf(["execute", "vote"], (open) => withTask(open, { records: timeOfBatch })),
  },
  "withheld-votes-left": {
    about: "A validator that withholds a vote until its clock has come that far doesn't look again.",
    found: { seed: 24, invariant: "lag-zero" },
    make: () =>
      inTaskOf(["vote"], (open) => withTask(open, { result: ({ wakeAtMs: _, ...result }) => result })),
  },
  "vote-lock-forgotten": {
    about:
      "A validator with a clock of its own time doesn't read back what it signed and signs another digest.",
    found: { seed: 3, invariant: "one-vote-a-height" },
    make: forgetfulVoters,
  },
  "quorum-at-half": {
    about: "Half of the stake certifies a block.",
    found: { seed: 1, invariant: "certificate-valid" },
    make: () => ({
      network: (network) => withConsensus(network, { isQuorum: (stake) => 2 * stake >= network.totalStake }),
    }),
  },
  "vote-signature-not-checked": {
    about: "finalize counts votes without verifying their signatures.",
    found: { seed: 7, invariant: "certificate-valid" },
    make: () =>
      inEnvironmentOf(["finalize"], (environment) => ({
        ...environment,
        network: withConsensus(environment.network, { verifyVote: () => true }),
      })),
  },
  "one-signature-for-two": {
    about: "finalize takes any validator's signature for anyone's, so one validator is counted twice.",
    found: { seed: 120, invariant: "certificate-valid" },
    make: () =>
      inEnvironmentOf(["finalize"], (environment) => ({
        ...environment,
        network: withConsensus(environment.network, { verifyVote: anyonesSignature(environment) }),
      })),
  },
  "bound-of-unfinalised-ignored": {
    about: "execute and validators run ahead of certificates without a bound.",
    found: { seed: 66, invariant: "bounded" },
    make: () =>
      inEnvironmentOf(["execute", "vote"], (environment) => {
        const { network } = environment;
        const parameters = { ...network.genesis.parameters, unfinalisedBlocksMax: Number.MAX_SAFE_INTEGER };
        return { ...environment, network: { ...network, genesis: { ...network.genesis, parameters } } };
      }),
  },
} satisfies Record<string, PlantedBug>;
