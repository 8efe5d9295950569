import { REJECT_REASONS } from "../../ledger/reject-reasons.js";
import { transactionIdOf } from "../../ledger/transaction/index.js";
import { macMatches } from "../../processors/mac.js";
import { ValidateTask } from "../../processors/validate/validate.js";
import { codec, toWire } from "../../schemas/codec.js";
import { MAC_KEY, ONE } from "../../simulator/world/network.js";
import { decoded } from "../../test/support/shard-log.js";
import { pick } from "../chance.js";
import { mutateBytes } from "../mutate/bytes.js";
import { joinFrames, mutateFrames, splitFrames } from "../mutate/frames.js";
import { net, transactionSamples } from "../samples.js";
import { must, type Target } from "../target.js";
import { TRANSACTION_CODES } from "../transactions.js";

const OWN_ID = 1;
const FOREIGN_ID = 2;
const task = new ValidateTask({
  network: "test",
  rules: net.network.rules,
  macKey: MAC_KEY,
  schemaId: OWN_ID,
  foreign: (id) => (id === FOREIGN_ID ? codec("SignedTransaction").decodeAny : undefined),
});
const [ed, eth] = [net.wallet(1), net.wallet(1, 1)];
const paid = [ed, eth].map((wallet) => ({
  transaction: wallet.pay(net.wallet(2), ONE),
  key: wallet.account,
}));
const wires = [...paid.map(({ transaction }) => transaction), ...transactionSamples()].map(
  (transaction, index) =>
    toWire(index % 5 === 4 ? FOREIGN_ID : OWN_ID, codec("SignedTransaction").encode(transaction)),
);
/** Key and value of a record, each with a byte before it: 0 is null. */
const recordOf = (key: Buffer | null, value: Buffer | null) =>
  joinFrames(
    [key, value].map((bytes) => (bytes === null ? Buffer.of(0) : Buffer.concat([Buffer.of(1), bytes]))),
  );
const corpus = [
  ...paid.map(({ key }, index) => recordOf(key, wires[index]!)),
  recordOf(ed.account, wires[1]!),
  recordOf(null, null),
  recordOf(Buffer.alloc(0), Buffer.alloc(0)),
  ...wires.map((wire) => recordOf(null, wire)),
];
const pool = [...wires.map((wire) => Buffer.concat([Buffer.of(1), wire])), Buffer.of(0), Buffer.of(1)];
const PLACE = { topic: "transactions", partition: 3, offset: 17, timeMs: 1_700_000_123_456 } as const;

/** The whole stage on any key and value: one record comes out, that of the transaction or a dead letter with a code. */
export const target: Target = {
  about: "records of the topic transactions: anyone's keys and values",
  codes: TRANSACTION_CODES,
  corpus,
  next: (chance) => {
    const input = pick(chance, corpus);
    return chance(2) === 0 ? mutateFrames(chance, input, pool) : mutateBytes(chance, input, corpus);
  },
  check(input) {
    const [key = null, value = null] = splitFrames(input).map((frame) =>
      frame[0] ? frame.subarray(1) : null,
    );
    const { records, resumeAt, alerts } = task.step([{ ...PLACE, key, value }]);
    must(records.length === 1 && alerts === undefined, "not one record for one record");
    must(resumeAt?.get("transactions") === PLACE.offset + 1, "it does not go on behind the record");
    const [out] = records;
    must(out!.partition === PLACE.partition, "it goes to another partition");
    if (out!.topic === "transactions.rejected") {
      const letter = decoded("RejectedTransaction", out);
      must(
        REJECT_REASONS[letter.code as keyof typeof REJECT_REASONS]?.where === "validate",
        "no code of validate",
      );
      must(
        letter.sourcePartition === PLACE.partition && letter.sourceOffset === PLACE.offset,
        "another place",
      );
      return letter.code;
    }
    const entry = decoded("ValidatedTransaction", out);
    must(macMatches(out!.value!, MAC_KEY), "a MAC that isn't its own");
    must(entry.transactionId.equals(transactionIdOf(entry.transaction)), "another id");
    must(out!.key?.equals(entry.sender) ?? false, "the key isn't the sender");
    must(key === null || key.length === 0 || key.equals(entry.sender), "another's key was taken");
    return "AUTHENTIC";
  },
};
