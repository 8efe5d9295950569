import type { ExecutedBlock } from "../../ledger/block/executed-block.js";
import { digestOf } from "../../ledger/block/header.js";
import { checkpointDigest } from "../../ledger/checkpoint/checkpoint.js";
import { leafHash, merkleProof } from "../../ledger/merkle.js";
import { encodeChanges } from "../../ledger/state/encoded-changes.js";
import { accountKey, globalRootKey, keyBytes, type StateKey } from "../../ledger/state/key.js";
import { EMPTY_ROOTS } from "../../ledger/state-tree/digest.js";
import { encodeStateProof } from "../../ledger/state-tree/proof-format.js";
import { proveShardRoot } from "../../ledger/state-tree/shard-map.js";
import { StateTree } from "../../ledger/state-tree/state-tree.js";
import { MAIN_CHAIN } from "../../ledger/topology.js";
import { codec } from "../../schemas/codec.js";
import type {
  AccountProof,
  BlockHeader,
  CertifiedHeader,
  Checkpoint,
  CheckpointCertificate,
  PathStep,
  ProofFile,
  RecordProof,
  ShardRootProof,
  TransactionProof,
} from "../../schemas/generated.js";
import { makeTestNetwork, ONE, type TestNetwork } from "../../simulator/world/network.js";
import { parseTrust, type RefusalCode, type Trust, type Verdict } from "../../verifier/index.js";
import { ShardLog, signaturesOf } from "../support/shard-log.js";

/** Shard that all samples are of. */
export const SHARD = 1;

/** What a trust file says; `change` replaces fields. */
export function trustText(net: TestNetwork, change: object = {}): string {
  const { genesis, hash } = net.network;
  const validators = genesis.validators.map(({ validator, publicKey, stake }) => ({
    validator,
    publicKey: publicKey.toString("hex"),
    stake,
  }));
  const { consensus } = genesis;
  const file = { format: "rustorium-trust", version: 1, genesis: hash.toString("hex"), consensus, epoch: 0 };
  return JSON.stringify({ ...file, validators, ...change });
}

export function trustOf(net: TestNetwork, change: object = {}): Trust {
  const parsed = parseTrust(trustText(net, change));
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.trust;
}

/** The code of a refusal, or "taken". */
export function codeOf(verdict: Verdict): RefusalCode | "taken" {
  return verdict.ok ? "taken" : verdict.code;
}

export const encodeProof = (proof: ProofFile["proof"]) => codec("ProofFile").encode({ version: 1, proof });
export const accountFile = (proof: AccountProof) => encodeProof({ "rustorium.AccountProof": proof });
export const transactionFile = (proof: TransactionProof) =>
  encodeProof({ "rustorium.TransactionProof": proof });
export const shardRootFile = (proof: ShardRootProof) => encodeProof({ "rustorium.ShardRootProof": proof });
export const recordFile = (proof: RecordProof) => encodeProof({ "rustorium.RecordProof": proof });

/** A shard's log with a block of transfers, and what can be proved of it. */
export class Sample {
  readonly net: TestNetwork;
  readonly trust: Trust;
  readonly log: ShardLog;
  readonly block: ExecutedBlock;
  readonly tree: StateTree;
  /** Who signs. */
  readonly signers: readonly number[];
  /** Avro bytes of the block's entries. */
  readonly entries: readonly Buffer[];

  /** Four validators, of whom three sign, or one; `count` transfers, the last but one to another shard. */
  constructor(consensus: "hybrid-pos" | "solo" = "hybrid-pos", count = 5) {
    this.net = makeTestNetwork({ consensus });
    this.signers = consensus === "solo" ? [1] : [1, 2, 4];
    this.trust = trustOf(this.net);
    this.log = new ShardLog(this.net, SHARD);
    for (let index = 0; index < count; index++) {
      const from = this.net.wallet(SHARD, index % 4);
      const to = index === count - 2 ? this.net.wallet(2) : this.net.wallet(SHARD, (index + 1) % 4);
      this.log.submit(from.pay(to, BigInt(index + 1) * ONE), from.account);
    }
    this.block = this.log.cut().block!;
    this.entries = this.log.records.slice(0, -1).map(({ value }) => value!.subarray(5));
    const { prefix } = this.net.network.topology.shard(SHARD);
    this.tree = new StateTree(prefix);
    this.tree.apply(encodeChanges(this.log.state.values));
  }

  /** A header with the signatures that certify it. */
  certify(change: Partial<BlockHeader> = {}, signers = this.signers): CertifiedHeader {
    const header = { ...this.block.header, ...change };
    return { header, signatures: signaturesOf(this.net, digestOf(header), signers) };
  }

  checkpoint(change: Partial<Checkpoint> = {}, signers = this.signers): AccountProof["certificate"] {
    const { genesis, shard, height, time, epoch } = this.block.header;
    const { prefix, root: stateRoot } = this.tree;
    const block = this.block.digest;
    const checkpoint = { genesis, shard, height, block, time, epoch, prefix, stateRoot, ...change };
    return { checkpoint, signatures: signaturesOf(this.net, checkpointDigest(checkpoint), signers) };
  }

  /** Proof of what a state key has. */
  stateProof(key: StateKey): Buffer {
    const value = this.log.state.values.get(key);
    const [encoded] = value === undefined ? [] : encodeChanges(new Map([[key, value]]));
    return encodeStateProof(this.tree.prove(key, encoded?.valueBytes));
  }

  account(account: Buffer = this.net.wallet(SHARD).account): AccountProof {
    return { account, stateProof: this.stateProof(accountKey(account)), certificate: this.checkpoint() };
  }

  /** An account of the shard that has nothing, whose search ends so. */
  absent(end: "nothing" | "other"): Buffer {
    for (let number = 0; ; number++) {
      const account = Buffer.alloc(20);
      account.writeUInt32BE(number);
      if (this.net.network.topology.shardOf(account) !== SHARD) continue;
      if (this.tree.prove(accountKey(account), undefined).end.kind === end) return account;
    }
  }

  transaction(index = 1): TransactionProof {
    const receipts = this.block.receiptBytes;
    return {
      transactionId: this.block.receipts[index]!.transactionId,
      block: this.certify(),
      entry: this.entries[index]!,
      entryPath: pathOf(this.entries, index),
      receipt: receipts[index]!,
      receiptPath: pathOf(receipts, index),
    };
  }

  logRecord(index = 1): RecordProof {
    const leaves = this.entries.map(leafHash);
    const value = this.entries[index]!;
    return { topic: "shard.log", key: Buffer.alloc(0), value, block: this.certify(), index, leaves };
  }

  receiptRecord(index = 1): RecordProof {
    const { header, digest, receipts, receiptBytes } = this.block;
    const { shard, height } = header;
    const [result, count] = [receipts[index]!, receipts.length];
    const value = codec("Receipt").encode({ shard, height, digest, index, count, result });
    const leaves = receiptBytes.map(leafHash);
    return {
      topic: "shard.receipts",
      key: result.transactionId,
      value,
      block: this.certify(),
      index,
      leaves,
    };
  }

  stateRecord(index = 1): RecordProof {
    const { header, digest, changes, encodedChanges } = this.block;
    const { height } = header;
    const [stateKey, value] = [...changes][index]!;
    return {
      topic: "shard.state",
      key: keyBytes(stateKey),
      value: value && codec("StateRecord").encode({ height, digest, value }),
      block: this.certify(),
      index,
      leaves: encodedChanges.map(({ bytes }) => leafHash(bytes)),
    };
  }

  /** Certificates of a state of each shard; the others than SHARD are empty. */
  shardCheckpoints(): CheckpointCertificate[] {
    return this.net.network.topology.shards.slice(1).map(({ shard, prefix }) => {
      const stateRoot = EMPTY_ROOTS[prefix.length]!;
      return shard === SHARD ? this.checkpoint() : this.checkpoint({ shard, prefix, stateRoot });
    });
  }

  /** The shard's root in the global root, after the first block of a main chain that has a state of each shard. */
  shardRoot(): ShardRootProof {
    const main = new ShardLog(this.net, MAIN_CHAIN);
    const checkpoints = this.shardCheckpoints();
    for (const checkpoint of checkpoints) main.append({ "rustorium.CheckpointCertificate": checkpoint });
    const { digest } = main.cut().block!;
    const tree = new StateTree("");
    tree.apply(encodeChanges(main.state.values));
    const key = globalRootKey();
    const [global] = encodeChanges(new Map([[key, main.state.values.get(key)!]]));
    const roots = new Map(
      checkpoints.map(({ checkpoint: { prefix, stateRoot } }) => [prefix, stateRoot] as const),
    );
    return {
      shard: this.checkpoint(),
      siblings: proveShardRoot(roots, this.tree.prefix),
      stateProof: encodeStateProof(tree.prove(key, global!.valueBytes)),
      certificate: this.checkpoint({ shard: MAIN_CHAIN, prefix: "", block: digest, stateRoot: tree.root }),
    };
  }

  /** A record that removes a key, of a block that changed nothing else. */
  removalRecord(): RecordProof {
    const key = Buffer.alloc(65, 7);
    const leaf = leafHash(codec("StateChange").encode({ key, value: null }));
    const block = this.certify({ changesRoot: leaf });
    return { topic: "shard.state", key, value: null, block, index: 0, leaves: [leaf] };
  }
}

/** The audit path of a leaf, with sides; from the recursive definition (RFC 9162, 2.1.3.1). */
export function pathOf(items: readonly Buffer[], index: number): PathStep[] {
  const siblings = merkleProof(items.map(leafHash), index);
  const sides: boolean[] = [];
  for (let [from, count, at] = [0, items.length, index]; count > 1; ) {
    const left = 2 ** Math.floor(Math.log2(count - 1));
    const isLeft = at - from >= left;
    sides.unshift(isLeft);
    [from, count, at] = isLeft ? [from + left, count - left, at] : [from, left, at];
  }
  return siblings.map((sibling, step) => ({ isLeft: sides[step]!, sibling }));
}
