import { startOfChain } from "../../ledger/block/position.js";
import { keyPairFromSeed } from "../../ledger/crypto/ed25519.js";
import { sha256 } from "../../ledger/crypto/hash.js";
import { DEFAULT_PARAMETERS, initialState, makeGenesis, type Network } from "../../ledger/genesis/genesis.js";
import { MemoryState } from "../../ledger/state/state.js";
import { initialShards } from "../../ledger/topology.js";
import { ExecuteTask } from "../../processors/execute/execute.js";
import { FinalizeTask } from "../../processors/finalize/finalize.js";
import { NotifyTask } from "../../processors/notify/notify.js";
import { RelayTask } from "../../processors/relay/relay.js";
import { ShardAssignTask } from "../../processors/shard-assign/shard-assign.js";
import type { StageName, StageTask } from "../../processors/stage.js";
import { ValidateTask } from "../../processors/validate/validate.js";
import { VoteTask } from "../../processors/vote/vote.js";
import type { GenesisAccount, GenesisShard } from "../../schemas/generated.js";
import type { TopicName } from "../../topics/catalogue.js";

export const STAGES_CHAIN_ID = 7_892;
/** Schema id of every topic: nothing here asks a registry. */
export const SCHEMA_ID = 1;
const SOURCE_PARTITIONS = 4;
const SHARDS = 4;
const NETWORK = "stages";
const MAC_KEY = sha256(Buffer.from("rustorium/bench/mac"));
const CREATED_MS = 1_700_000_000_000;

/** The key of a validator of such a network. */
export const validatorKey = (validator: number) => keyPairFromSeed(Buffer.alloc(32, validator));

const ASSIGNER_KEY = validatorKey(101);

/**
 * A network that is nowhere but in memory.
 * @param shards the main chain among them
 */
export function stagesNetwork(
  validators: number,
  accounts: readonly GenesisAccount[],
  shards: readonly GenesisShard[] = initialShards(SHARDS),
): Network {
  return makeGenesis(
    {
      network: NETWORK,
      chainId: STAGES_CHAIN_ID,
      consensus: validators === 1 ? "solo" : "hybrid-pos",
      createdAt: CREATED_MS,
      sourcePartitions: SOURCE_PARTITIONS,
      parameters: DEFAULT_PARAMETERS,
      shards: [...shards],
      operatorKey: validatorKey(100).publicKey,
      assignerKey: ASSIGNER_KEY.publicKey,
      validators: Array.from({ length: validators }, (_, index) => ({
        validator: index + 1,
        name: `validator-${index + 1}`,
        publicKey: validatorKey(index + 1).publicKey,
        stake: 1,
      })),
    },
    accounts,
  );
}

/** One partition number of a stage. */
export interface PlacedTask {
  readonly stage: StageName;
  readonly partition: number;
  readonly inputs: readonly TopicName[];
  readonly task: StageTask;
}

/** Every task of the network, with the state of shards in memory instead of LevelDB. */
export function placedTasks(network: Network): PlacedTask[] {
  const bySource = Array.from({ length: SOURCE_PARTITIONS }, (_, partition) => [
    {
      stage: "validate" as const,
      partition,
      inputs: ["transactions"] as const,
      task: new ValidateTask({
        network: NETWORK,
        rules: network.rules,
        macKey: MAC_KEY,
        schemaId: SCHEMA_ID,
        foreign: () => undefined,
      }),
    },
    {
      stage: "shard-assign" as const,
      partition,
      inputs: ["transactions.validated"] as const,
      task: new ShardAssignTask({
        network,
        topology: network.topology,
        assigner: ASSIGNER_KEY,
        partition,
      }),
    },
  ]);
  return [...bySource.flat(), ...network.topology.shards.flatMap(({ shard }) => shardTasks(network, shard))];
}

function shardTasks(network: Network, shard: number): PlacedTask[] {
  const { partition } = network.topology.shard(shard);
  const chain = () => {
    const state = new MemoryState();
    for (const [key, value] of initialState(network, shard)) state.values.set(key, value);
    const position = startOfChain(network.hash);
    return { network, shard, state, position, uncertified: new Map<number, Buffer>(), certificatesOffset: 0 };
  };
  const chainInputs = ["shard.log", "shard.finalized"] as const;
  return [
    {
      stage: "execute",
      partition,
      inputs: chainInputs,
      task: new ExecuteTask({ ...chain(), macKey: MAC_KEY, written: new Map() }),
    },
    ...network.genesis.validators.map(({ validator }) => ({
      stage: "vote" as const,
      partition,
      inputs: chainInputs,
      task: new VoteTask({
        ...chain(),
        validator,
        keyPair: validatorKey(validator),
        ownVotes: new Map<number, Buffer>(),
      }),
    })),
    {
      stage: "finalize",
      partition,
      inputs: ["shard.votes", "shard.changes"],
      task: new FinalizeTask({
        network,
        shard,
        certifiedHeight: 0,
        stateHeight: 0,
        certificates: [],
        checkpointHeight: 0,
      }),
    },
    {
      stage: "relay",
      partition,
      inputs: ["shard.messages", "shard.finalized"],
      task: new RelayTask(network.topology),
    },
    {
      stage: "notify",
      partition,
      inputs: ["transactions.rejected", "shard.receipts", "shard.finalized"],
      task: new NotifyTask(),
    },
  ];
}
