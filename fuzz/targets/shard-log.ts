import { isAmount } from "../../ledger/amount.js";
import { digestOf } from "../../ledger/block/header.js";
import type { VoidReason } from "../../ledger/block/log-record.js";
import { startOfChain } from "../../ledger/block/position.js";
import { ShardChain } from "../../ledger/block/shard-chain.js";
import { initialState } from "../../ledger/genesis/genesis.js";
import { asAccount, MemoryState } from "../../ledger/state/state.js";
import { signTransfer, type TransferFields } from "../../ledger/transaction/index.js";
import { isAuthenticBySignature } from "../../processors/chain/authenticity.js";
import { codec, WIRE_HEADER_BYTES } from "../../schemas/codec.js";
import { type LogEntry, SCHEMAS } from "../../schemas/generated.js";
import { CHAIN_ID, START_MS } from "../../simulator/world/network.js";
import { ShardLog } from "../../test/support/shard-log.js";
import { makeChains, makeEnding } from "../chains.js";
import { type Chance, pick } from "../chance.js";
import { AvroValues, type Schema } from "../mutate/avro-value.js";
import { mutateBytes } from "../mutate/bytes.js";
import { joinFrames, mutateFrames, splitFrames } from "../mutate/frames.js";
import { net } from "../samples.js";
import { must, type Target } from "../target.js";

const VOID_REASONS: Readonly<Record<VoidReason, true>> = {
  UNDECODABLE: true,
  GENESIS_RECORD: true,
  OTHER_CUT: true,
  BELOW_MARK: true,
  BELOW_CHECKPOINT: true,
  OTHER_SHARD: true,
  ILL_FORMED: true,
  NOT_AUTHENTIC: true,
  OTHER_NETWORK: true,
  OUT_OF_CHANNEL_ORDER: true,
  BAD_CERTIFICATE: true,
  BAD_PROOF: true,
  BAD_ROOT: true,
  BAD_SIGNATURE: true,
  OTHER_EPOCH: true,
  ENDED: true,
};
const rules = { isAuthentic: isAuthenticBySignature };
const chains = makeChains();
const ending = makeEnding();
const logs = [chains.main, chains.source, chains.destination, ending.main, ending.parent];
const entriesOf = (log: ShardLog) => log.records.map(({ value }) => value!.subarray(WIRE_HEADER_BYTES));
/** The shard's number as the first frame, then the entries of its log. */
const corpus = logs.map((log) => joinFrames([Buffer.of(log.shard), ...entriesOf(log)]));
const pool = logs.flatMap(entriesOf);
const entries = new AvroValues(SCHEMAS.LogEntry as Schema);
const bodies = new AvroValues(SCHEMAS.TransferBody as Schema);
const template = new ShardLog(net, 1);

/** A transaction that is signed and authentic, whatever its body says. */
function signedEntry(chance: Chance): Buffer {
  const wallet = net.wallet(1);
  const fields: TransferFields = {
    chainId: CHAIN_ID,
    recipient: net.wallet(2).account,
    amount: 1n,
    nonce: chance(6),
  };
  const changed = {
    ...fields,
    ...(bodies.changed({ ...bodiesDefaults(fields) }, chance) as object),
  } as TransferFields;
  const own = { ...changed, sender: wallet.account, chainId: CHAIN_ID };
  const change = { sourcePartition: chance(5), sourceOffset: pick(chance, [0, 1, 7, 2 ** 40, -1]) };
  const entry = template.entryOf(signTransfer(own, wallet.keyPair), wallet.account, change);
  return codec("LogEntry").encode({ entry: { "rustorium.UserTransaction": entry } });
}

function bodiesDefaults(fields: TransferFields) {
  const rest = { gasLimit: 21_000, gasPrice: 0n, validUntil: 0, priority: "MEDIUM", data: Buffer.alloc(0) };
  return { sender: net.wallet(1).account, ...rest, ...fields };
}

function changedEntry(chance: Chance, frame: Buffer): Buffer {
  if (chance(3) === 0) return signedEntry(chance);
  const entry = chance(2) === 0 ? codec("LogEntry").decode(frame) : undefined;
  return entry
    ? codec("LogEntry").encode(entries.changed(entry, chance) as LogEntry)
    : mutateBytes(chance, frame, pool);
}

/**
 * Any records in a shard's log: void with a reason or an entry of a block, and never a balance out of bounds. Beside the
 * chain a second one is opened anew after every block, as after a restart: both must close the same blocks.
 */
export const target: Target = {
  about:
    "entries of shard.log: transactions, bundles with proofs and certificates, cuts, markers and proposals",
  codes: new Set([...Object.keys(VOID_REASONS), "ENTRY", "BLOCK"]),
  corpus,
  next: (chance) =>
    chance(8) === 0
      ? mutateBytes(chance, pick(chance, corpus), corpus)
      : mutateFrames(chance, pick(chance, corpus), pool, (frame) => changedEntry(chance, frame)),
  check(input) {
    const [first, ...frames] = splitFrames(input);
    const shard = (first?.[0] ?? 0) % 3;
    const open = (state: MemoryState, position = startOfChain(net.network.hash)) =>
      new ShardChain(net.network, shard, state, position, rules);
    const [state, otherState] = [new MemoryState(), new MemoryState()];
    for (const each of [state, otherState]) each.apply(initialState(net.network, shard));
    const chain = open(state);
    let restarted = open(otherState);
    const codes = frames.map((bytes, offset) => {
      const record = { bytes, offset, timeMs: START_MS + 50 * offset };
      const { block, voided } = chain.append(record);
      const other = restarted.append(record);
      must(other.voided === voided, "after a restart a record counts as something else");
      if (!block) return voided ?? "ENTRY";
      must(digestOf(block.header).equals(block.digest), "a digest that isn't the header's");
      must(other.block?.digest.equals(block.digest) ?? false, "after a restart the block is another");
      must(block.header.lastSequence >= block.header.firstSequence, "a block without entries");
      restarted = open(otherState, restarted.position);
      return "BLOCK";
    });
    for (const value of state.values.values()) {
      const account = asAccount(value);
      must(!account || isAmount(account.balance + account.escrowed), "a balance out of bounds");
      must(!account || (account.balance >= 0n && account.escrowed >= 0n), "a negative balance");
    }
    return codes;
  },
};
