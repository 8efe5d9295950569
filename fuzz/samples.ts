import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { type AccessList, type EthereumFields, signEthereum } from "../ledger/transaction/index.js";
import { encodeRlp, rlpInteger } from "../ledger/transaction/rlp.js";
import type { SignedTransaction } from "../schemas/generated.js";
import { CHAIN_ID, makeTestNetwork, ONE } from "../simulator/world/network.js";

/** Real transactions, where the shared data is beside the checkout: one in so many of them, and of each type. */
const REAL_EVERY = 200;
/** Longest real transaction that is used, in bytes: mutating long ones finds no more and takes longer. */
const REAL_BYTES_MAX = 4_096;
/** The folder as seen from fuzz/ and from dist/fuzz/. */
const SHARED = ["../../shared/data/", "../../../shared/data/"].map((path) => new URL(path, import.meta.url));

/** The text of a file of ../shared/data, unpacked; undefined where it isn't there. */
export function sharedText(path: string): string | undefined {
  const file = SHARED.map((folder) => new URL(path, folder)).find((url) => existsSync(url));
  if (!file) return undefined;
  const bytes = readFileSync(file);
  return (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
}

/** The network of all targets. */
export const net = makeTestNetwork({
  parameters: { transactionBytesMax: 16_384, maximumEntriesPerBlock: 6 },
});

export function ofRaw(body: Buffer): SignedTransaction {
  return { scheme: "ETHEREUM", body, publicKey: Buffer.alloc(0), signature: Buffer.alloc(0) };
}

const wallet = net.wallet(1, 1);
const accessList: AccessList = [
  { address: wallet.account, storageKeys: [Buffer.alloc(32), Buffer.alloc(32, 1)] },
  { address: Buffer.alloc(20), storageKeys: [] },
];
const common = { gasLimit: 60_000, recipient: net.wallet(2).account, amount: ONE, data: Buffer.of(0, 1, 2) };
const KINDS: readonly EthereumFields[] = [
  { type: "legacy", chainId: CHAIN_ID, gasPrice: 1n, nonce: 0, ...common },
  { type: "legacy", gasPrice: 1n, nonce: 1, ...common },
  { type: "legacy", chainId: 1, gasPrice: 10n ** 37n, nonce: 2 ** 40, ...common, recipient: Buffer.alloc(0) },
  { type: "accessList", chainId: CHAIN_ID, gasPrice: 0n, nonce: 2, accessList, ...common },
  { type: "feeMarket", chainId: CHAIN_ID, feeMax: 5n, priorityFeeMax: 2n, nonce: 3, accessList, ...common },
  { type: "feeMarket", chainId: CHAIN_ID, feeMax: 1n, priorityFeeMax: 2n, nonce: 3, ...common },
];

/** Unsigned shapes of the types that are refused by their kind. */
function unsupported(type: number, fields: number): Buffer {
  const items = Array.from({ length: fields }, (_, index) =>
    index === 0 ? rlpInteger(CHAIN_ID) : Buffer.of(index),
  );
  return Buffer.concat([Buffer.of(type), encodeRlp(items)]);
}

/** Ethereum transactions of every type, signed here and real ones. */
export function transactionSamples(): SignedTransaction[] {
  const signed = KINDS.map((fields) => signEthereum(fields, wallet.privateKey));
  const refused = [unsupported(3, 14), unsupported(4, 13), unsupported(5, 3)].map(ofRaw);
  return [...signed, ...refused, ...realTransactions().map(ofRaw)];
}

function realTransactions(): Buffer[] {
  const lines = sharedText("ethereum/txs.tsv.gz")?.trim().split("\n") ?? [];
  const raws = lines.map((line) => line.split("\t").at(-1)!.replace(/^0x/, ""));
  return raws
    .filter(
      (hex, index) => hex.length <= 2 * REAL_BYTES_MAX && (index % REAL_EVERY === 0 || /^0[34]/.test(hex)),
    )
    .map((hex) => Buffer.from(hex, "hex"));
}
