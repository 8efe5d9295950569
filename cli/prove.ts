import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { parseAddress } from "../ledger/address.js";
import type { ProofOutcome } from "../processors/proofs/outcome.js";
import { PROVABLE_TOPICS, type ProvableTopic } from "../processors/proofs/prove-record.js";
import { connectTopics } from "../runtime/proofs/connect.js";
import { Prover } from "../runtime/proofs/prover.js";
import { failWith } from "./failure.js";
import { progressSince } from "./progress.js";
import { settingsOf, withSettings } from "./settings-flags.js";

/** What was given on the command line can't be read. */
class UsageError extends Error {
  readonly code = "BAD_USAGE";
}

/** `rustorium prove account|transaction|record|shard`: proofs that stand alone, made from the topics. */
export function proveCommand(program: Command): void {
  const prove = program
    .command("prove")
    .description("make a proof that can be checked with the validators' keys alone");
  sub(
    prove,
    "account",
    "<address>",
    "what an account has at the newest checkpoint; sh…-…-… or 0x and 40 hex digits",
    (text) => {
      const parsed = parseAddress(text);
      if (!parsed.ok) throw new UsageError(`${text} is no address (${parsed.reason})`);
      return (prover) => prover.account(parsed.accountId);
    },
  );
  sub(
    prove,
    "transaction",
    "<id>",
    "that a transaction is final, and what came of it; 64 hex digits",
    (text) => {
      const hex = /^(?:0x)?([0-9a-f]{64})$/i.exec(text)?.[1];
      if (!hex) throw new UsageError(`${text} is no transaction id of 64 hex digits`);
      return (prover) => prover.transaction(Buffer.from(hex, "hex"));
    },
  );
  sub(
    prove,
    "record",
    "<place>",
    `that a record is the certified one; TOPIC[PARTITION]@OFFSET with ${PROVABLE_TOPICS.join(", ")}`,
    (text) => {
      const { topic, partition, offset } = placeOf(text);
      return (prover) => prover.record(topic, partition, offset);
    },
  );
  sub(
    prove,
    "shard",
    "<number>",
    "that a shard's certified state root is in the global root that the main chain has",
    (text) => {
      if (!/^\d{1,9}$/.test(text)) throw new UsageError(`${text} is no number of a shard`);
      return (prover) => prover.shardRoot(Number(text));
    },
  );
}

function placeOf(text: string): { topic: ProvableTopic; partition: number; offset: number } {
  const [, name, partition, offset] =
    /^(?:[a-z0-9-]+\.)?(shard\.[a-z]+)\[(\d{1,9})\]@(\d{1,15})$/.exec(text) ?? [];
  const topic = PROVABLE_TOPICS.find((candidate) => candidate === name);
  if (!topic)
    throw new UsageError(`${text}: TOPIC[PARTITION]@OFFSET with one of ${PROVABLE_TOPICS.join(", ")}`);
  return { topic, partition: Number(partition), offset: Number(offset) };
}

function sub(
  parent: Command,
  kind: string,
  argument: string,
  about: string,
  asked: (text: string) => (prover: Prover) => Promise<ProofOutcome>,
): void {
  withSettings(
    parent
      .command(kind)
      .description(about)
      .argument(argument)
      .requiredOption("--out <file>", "file that the proof goes to")
      .option("--json", "print kind, bytes, shard, height and file as JSON"),
  ).action(async (text: string, flags: Record<string, unknown>) => {
    const make = asked(text);
    const topics = await connectTopics(settingsOf(flags), "rustorium-prove");
    const outcome = await make(new Prover(topics.network, topics.source, { say: progressSince() }));
    await topics.close();
    if (!outcome.ok) failWith(Object.assign(new Error(outcome.message), { code: outcome.code }));
    const { bytes, shard, height } = outcome;
    const file = String(flags.out);
    writeFileSync(file, bytes);
    const summary = { kind, bytes: bytes.length, shard, height, file };
    process.stdout.write(
      flags.json === true
        ? `${JSON.stringify(summary)}\n`
        : `${file}: proof of the ${kind}, ${bytes.length} bytes, shard ${shard}, height ${height}\n`,
    );
  });
}
