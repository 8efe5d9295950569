import { initialState, type Network } from "../ledger/genesis/genesis.js";
import { accountKey, KeyKind, keyOfBytes, kindOf, type StateKey } from "../ledger/state/key.js";
import { asAccount, EMPTY_ACCOUNT } from "../ledger/state/state.js";
import { lineOf } from "../ledger/topology.js";
import { read } from "../processors/read.js";
import type { InputRecord } from "../processors/stage.js";
import { recordsFrom, type TopicSource } from "../runtime/proofs/topic-source.js";
import type { AccountState } from "../schemas/generated.js";

/** What an account has by the topic shard.state. */
export interface CertifiedAccount {
  /** Balance, in 10^-18 RUS. */
  readonly balance: bigint;
  /** Next nonce. */
  readonly nonce: number;
  /** Amount of its transfers in escrow, in 10^-18 RUS. */
  readonly escrowed: bigint;
  readonly shard: number;
  /** Height of the shard's last block that is taken into account; 0: the genesis alone. */
  readonly height: number;
}

/** Accounts of one shard as far as shard.state has been read. */
interface Table {
  readonly accounts: Map<StateKey, AccountState>;
  next: number;
  height: number;
}

/**
 * Today's accounts from shard.state. A shard's partition is read from its beginning when one of its accounts is first asked
 * for, and on from there at each further question, so an answer has all that was committed before the question.
 */
export class CertifiedAccounts {
  private readonly tables = new Map<number, Table>();
  /** One reading after the other: two at once would take the same records twice. */
  private queue: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly network: Network,
    private readonly source: TopicSource,
  ) {}

  /** @param account 20 bytes; one that isn't there has nothing */
  read(account: Buffer): Promise<CertifiedAccount> {
    const line = lineOf(this.network.topology, account);
    const shard = line[0]!;
    const key = accountKey(account);
    const answer = this.queue.then(async () => {
      const { accounts, height } = await this.upToDate(shard);
      let found = accounts.get(key);
      // What hasn't changed since a shard began is where it was before. Accounts are never removed.
      for (const before of line.slice(1)) found ??= (await this.upToDate(before)).accounts.get(key);
      return { ...(found ?? EMPTY_ACCOUNT), shard, height };
    });
    this.queue = answer.catch(() => undefined);
    return answer;
  }

  private async upToDate(shard: number): Promise<Table> {
    let table = this.tables.get(shard);
    if (!table) {
      table = { accounts: new Map(), next: 0, height: 0 };
      for (const [key, value] of initialState(this.network, shard)) {
        const account = asAccount(value);
        if (account) table.accounts.set(key, account);
      }
      this.tables.set(shard, table);
    }
    const { partition } = this.network.topology.shard(shard);
    // Compaction leaves no gap at the beginning: offset 0 can always be read from.
    for await (const records of recordsFrom(this.source, "shard.state", partition, table.next)) {
      for (const record of records) take(table, record);
      table.next = records.at(-1)!.offset + 1;
    }
    return table;
  }
}

function take(table: Table, record: InputRecord): void {
  if (!record.key) return;
  const key = keyOfBytes(record.key);
  const state = record.value === null ? undefined : read("StateRecord", record);
  if (kindOf(key) === KeyKind.height && state) table.height = state.height;
  if (kindOf(key) !== KeyKind.account) return;
  const account = asAccount(state?.value);
  if (account) table.accounts.set(key, account);
  else if (record.value === null) table.accounts.delete(key);
}
