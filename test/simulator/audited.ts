import { authenticate, decodeTransaction, transactionIdOf } from "../../ledger/transaction/index.js";
import { decodePosition, decodeStateValue, POSITION_KEY } from "../../processors/chain/store-layout.js";
import type { InputRecord } from "../../processors/stage.js";
import { ValidateTask } from "../../processors/validate/validate.js";
import { codec, fromWire } from "../../schemas/codec.js";
import type { End, StoreContent } from "../../simulator/model/finish.js";
import { Model } from "../../simulator/model/model.js";
import type { Intent } from "../../simulator/model/submissions.js";
import type { Terms } from "../../simulator/model/terms.js";
import type { Violation } from "../../simulator/model/violations.js";
import { MAC_KEY, type TestNetwork } from "../../simulator/world/network.js";
import { SCHEMA_IDS } from "../../simulator/world/topics.js";
import { Pipeline } from "../support/pipeline.js";

/** A pipeline in memory whose records are kept in the order in which they were written, over all topics. */
export class RecordedPipeline extends Pipeline {
  readonly history: InputRecord[];

  constructor(...options: ConstructorParameters<typeof Pipeline>) {
    super(...options);
    this.history = this.topics.all("shard.log");
    const append = this.topics.append.bind(this.topics);
    this.topics.append = (...record) => {
      const appended = append(...record);
      this.history.push(appended);
      return appended;
    };
  }
}

/** What the load generator would know about a record of `transactions`. */
export function intentOf(net: TestNetwork, record: InputRecord): Intent {
  const { partition, offset } = record;
  const { network } = net;
  const wire = fromWire(record.value);
  const transaction = wire && codec("SignedTransaction").decode(wire.avroBytes);
  const decoded = transaction && decodeTransaction(transaction, network.rules);
  const signer = decoded?.ok ? authenticate(transaction!, decoded.transaction) : undefined;
  if (!transaction || !decoded?.ok || !signer?.ok) {
    const { genesis, rules } = network;
    const schemaId = SCHEMA_IDS.get("transactions")!;
    const foreign = () => undefined;
    const task = new ValidateTask({ network: genesis.network, rules, macKey: MAC_KEY, schemaId, foreign });
    const rejected = codec("RejectedTransaction").decode(task.step([record]).records[0]!.value!)!;
    return { kind: "rejected", code: rejected.code, partition, offset };
  }
  const { recipient, amount, nonce, fee, validUntil } = decoded.transaction;
  const transactionId = transactionIdOf(transaction);
  const { sender } = signer;
  return {
    kind: "transfer",
    partition,
    offset,
    transactionId,
    sender,
    recipient,
    amount,
    nonce,
    fee,
    validUntil,
  };
}

/** Content of all local stores of execute and vote. */
export function storesOf(pipeline: Pipeline): StoreContent[] {
  return pipeline.slots.flatMap(({ stage, partition, store }) => {
    const position = store?.get(POSITION_KEY);
    if (!store || !position) return [];
    const state = new Map<string, string>();
    for (const [key, value] of store.entries("state/", "state0")) {
      const empty = codec("StateChange").encode({ key: Buffer.alloc(0), value: decodeStateValue(value)! });
      state.set(
        Buffer.from(key.slice("state/".length), "latin1").toString("hex"),
        empty.subarray(1).toString("hex"),
      );
    }
    return [{ group: stage.group, partition, height: decodePosition(position)!.height, state }];
  });
}

export interface AuditOptions {
  readonly net: TestNetwork;
  readonly history: readonly InputRecord[];
  readonly intents: readonly Intent[];
  readonly end: End;
  readonly dishonest?: readonly number[];
  /** Intents are shown after all records instead of before. */
  readonly intentsLast?: boolean;
  readonly signed?: readonly (readonly [Buffer, Terms])[];
}

/** Shows a history to a new model; returns it and what it found. */
export function auditHistory(options: AuditOptions) {
  const { net, history, intents, end, dishonest = [], intentsLast = false, signed = [] } = options;
  const violations: Violation[] = [];
  const model = new Model({
    withoutCheckpoints: true,
    genesis: codec("Genesis").encode(net.network.genesis),
    allocation: net.network.allocation.parts,
    dishonest,
    onViolation: (violation) => violations.push(violation),
  });
  for (const [transaction, terms] of signed) model.signed(transaction, terms);
  if (!intentsLast) for (const intent of intents) model.submitted(intent);
  for (const record of history) model.record(record);
  if (intentsLast) for (const intent of intents) model.submitted(intent);
  model.finish(end);
  return { model, violations };
}
