import { Allocation } from "../../ledger/genesis/allocation.js";
import { checkGenesis, type Network } from "../../ledger/genesis/genesis.js";
import { codec } from "../../schemas/codec.js";
import {
  type Genesis,
  type GenesisAllocation,
  type GenesisRecord,
  SCHEMAS,
} from "../../schemas/generated.js";
import { makeTestNetwork } from "../../simulator/world/network.js";
import { type Chance, pick } from "../chance.js";
import { AvroValues, type Schema } from "../mutate/avro-value.js";
import { mutateBytes } from "../mutate/bytes.js";
import { joinFrames, mutateFrames, splitFrames } from "../mutate/frames.js";
import { net } from "../samples.js";
import { must, type Target } from "../target.js";

const { encode, decodeAny } = codec("GenesisRecord");
const values = new AvroValues(SCHEMAS.GenesisRecord as Schema);
const framesOf = ({ genesis, allocation }: Network): Buffer[] => [
  encode({ record: { "rustorium.Genesis": genesis } }),
  ...Array.from(allocation, (part) => encode({ record: { "rustorium.GenesisAllocation": part } })),
];
const networks = [net, makeTestNetwork({ shards: 1, consensus: "solo" })].map(({ network }) => network);
const pool = networks.flatMap(framesOf);
const corpus = networks.map((network) => joinFrames(framesOf(network)));

function changed(frame: Buffer, chance: Chance): Buffer {
  const record = decodeAny(frame);
  if (!record || chance(4) === 0) return mutateBytes(chance, frame, pool);
  return encode(values.changed(record, chance) as GenesisRecord);
}

/** A genesis as processes read it from its topic: what is no network is refused, and what is has sound rules. */
export const target: Target = {
  about: "the genesis and its allocation, from a topic that anyone on a wrong cluster may have written",
  codes: new Set(["UNDECODABLE", "REFUSED", "NETWORK"]),
  corpus,
  next: (chance) => mutateFrames(chance, pick(chance, corpus), pool, (frame) => changed(frame, chance)),
  check(input) {
    const records = splitFrames(input).map((frame) => decodeAny(frame)?.record);
    let genesis: Genesis | undefined;
    const allocation: GenesisAllocation[] = [];
    for (const record of records) {
      if (record && "rustorium.Genesis" in record) genesis ??= record["rustorium.Genesis"];
      else if (record) allocation.push(record["rustorium.GenesisAllocation"]);
    }
    if (!genesis) return "UNDECODABLE";
    let network: Network;
    try {
      network = checkGenesis(genesis, Allocation.of(allocation));
    } catch (error) {
      if (error instanceof RangeError && !/call stack|Invalid array length/.test(error.message))
        return "REFUSED";
      throw error;
    }
    must(Number.isSafeInteger(network.totalStake) && network.totalStake > 0, "a total stake out of bounds");
    must(network.consensus.isQuorum(network.totalStake), "all validators are no quorum");
    const { shard } = network.topology.shard(network.topology.shardOf(Buffer.alloc(20)));
    must(network.topology.has(shard), "an account without a shard");
    return "NETWORK";
  },
};
