import { sha256 } from "../../ledger/crypto/hash.js";
import { GrowingTree, leafHash, merkleRoot, merkleRootOf } from "../../ledger/merkle.js";

/** What one thing costs, leaf and its share of the tree together. */
export interface MicroRow {
  readonly name: string;
  readonly microseconds: number;
}

const LEAVES = 500;
const LEAF_BYTES = [60, 150, 270];
const WARM_UP_ROUNDS = 100;
const ROUNDS_A_SAMPLE = 5;
const SAMPLES = 60;

/** Merkle roots over 500 leaves, in microseconds a leaf: hashed one by one, in one go, and as a block gets its leaves. */
export function benchMerkle(): MicroRow[] {
  return LEAF_BYTES.flatMap((bytes) => {
    const leaves = leavesOf(bytes);
    const name = `Merkle root, ${LEAVES} leaves of ${bytes} bytes`;
    return [
      { name: `${name}, one by one`, microseconds: measure(() => merkleRoot(leaves.map(leafHash))) },
      { name: `${name}, in one go`, microseconds: measure(() => merkleRootOf(leaves)) },
      { name: `${name}, growing`, microseconds: measure(() => growingRoot(leaves)) },
    ];
  });
}

function leavesOf(bytes: number): Buffer[] {
  return Array.from({ length: LEAVES }, (_, index) => {
    const digest = sha256(Buffer.from(`leaf ${index}`));
    return Buffer.concat(
      Array.from({ length: Math.ceil(bytes / digest.length) }, () => digest),
      bytes,
    );
  });
}

function growingRoot(leaves: readonly Buffer[]): Buffer {
  const tree = new GrowingTree();
  for (const leaf of leaves) tree.push(leaf);
  return tree.root();
}

/** The fastest sample: what else the machine does only adds. */
function measure(root: () => Buffer): number {
  for (let round = 0; round < WARM_UP_ROUNDS; round++) root();
  let fastest = Number.POSITIVE_INFINITY;
  for (let sample = 0; sample < SAMPLES; sample++) {
    const start = process.hrtime.bigint();
    for (let round = 0; round < ROUNDS_A_SAMPLE; round++) root();
    fastest = Math.min(fastest, Number(process.hrtime.bigint() - start));
  }
  return fastest / 1_000 / ROUNDS_A_SAMPLE / LEAVES;
}
