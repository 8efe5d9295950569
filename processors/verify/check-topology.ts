import type { ExecutedBlock } from "../../ledger/block/executed-block.js";
import type { Network } from "../../ledger/genesis/genesis.js";
import { initialTopologyState } from "../../ledger/resharding/decide.js";
import { topologyKey } from "../../ledger/state/key.js";
import { asTopology } from "../../ledger/state/state.js";
import { MAIN_CHAIN } from "../../ledger/topology.js";
import { codec } from "../../schemas/codec.js";
import type { ShardTopology, TopologyState } from "../../schemas/generated.js";
import { read } from "../read.js";
import type { InputRecord } from "../stage.js";
import type { Difference } from "./difference.js";
import type { ShardStart } from "./start.js";

/** The topic topology as its readers see it: the last record of each shard. */
export class TopologyTable {
  readonly records = new Map<number, { readonly value: ShardTopology; readonly offset: number }>();
  /** Offset of a record that can't be read, or that stands under another shard's key. */
  fault: number | undefined;

  take(record: InputRecord): void {
    const value = read("ShardTopology", record);
    if (value && record.key?.toString() === String(value.shard))
      this.records.set(value.shard, { value, offset: record.offset });
    else this.fault ??= record.offset;
  }
}

/**
 * topology: each shard's last record is what the main chain decided of it, and not older than the height that the main chain's
 * shard.state is complete up to, which finalize writes together with it.
 */
export class TopologyCheck {
  /** What the main chain had decided, by ascending height. */
  private readonly history: { readonly height: number; readonly state: TopologyState }[];

  constructor(
    private readonly network: Network,
    private readonly table: TopologyTable,
    /** Height that the main chain's shard.state was complete up to before the topic was read. */
    private readonly shownHeight: number,
    start: ShardStart,
  ) {
    const state = asTopology(start.values.get(topologyKey())) ?? initialTopologyState(network.genesis);
    this.history = [{ height: start.position.height, state }];
  }

  /** Takes a block of the main chain. */
  block({ header, changes }: Pick<ExecutedBlock, "header" | "changes">): void {
    const state = asTopology(changes.get(topologyKey()));
    if (state) this.history.push({ height: header.height, state });
  }

  finish(): Difference | undefined {
    const { fault, records } = this.table;
    if (fault !== undefined) return this.differs(null, "a record can't be read", fault);
    const allowed = this.allowed();
    const [first] = this.history;
    for (const [shard, { value, offset }] of records) {
      const texts = allowed.get(shard);
      if (texts ? texts.has(textOf(value)) : this.isForgotten(value, first!.state)) continue;
      return this.differs(shard, "a record is not what the main chain decided", offset);
    }
    for (const shard of allowed.keys())
      if (!records.has(shard) && this.isShown(shard)) return this.differs(shard, "the shard is missing");
    return undefined;
  }

  /** Records that each shard may have: what was decided of it last at the height that is shown, and whatever came later. */
  private allowed(): Map<number, Set<string>> {
    const allowed = new Map<number, Set<string>>();
    for (const { height, state } of this.history)
      for (const record of this.recordsOf(state)) {
        const isLater = height > this.shownHeight;
        const texts = (isLater && allowed.get(record.shard)) || new Set<string>();
        allowed.set(record.shard, texts.add(textOf(record)));
      }
    return allowed;
  }

  private isShown(shard: number): boolean {
    return this.history.some(
      ({ height, state }, index) =>
        (index === 0 || height <= this.shownHeight) &&
        (shard === MAIN_CHAIN || state.shards.some(({ place }) => place.shard === shard)),
    );
  }

  /** It ended before the replay began, and nothing of it was to come. */
  private isForgotten({ shard, phase, ended }: ShardTopology, { nextShard, epoch }: TopologyState): boolean {
    return shard < nextShard && phase === "ENDING" && ended > 0 && ended <= epoch;
  }

  private recordsOf({ isPaused, switchedAt, shards }: TopologyState): ShardTopology[] {
    const main = this.network.genesis.shards.find(({ shard }) => shard === MAIN_CHAIN)!;
    return [
      { ...main, epoch: 0, parents: [], phase: "ACTIVE", ended: -1, since: switchedAt, isPaused },
      ...shards.map(({ place, phase, since, ended }) => ({ ...place, phase, since, ended, isPaused: false })),
    ];
  }

  private differs(shard: number | null, what: string, offset?: number): Difference {
    const place = offset === undefined ? {} : { offset };
    return { code: "TOPOLOGY_DIFFERS", shard, height: null, ...place, message: `topology: ${what}` };
  }
}

function textOf(record: ShardTopology): string {
  return codec("ShardTopology").encode(record).toString("latin1");
}
