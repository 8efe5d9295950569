import type { CrossShardMessage, ReceiptResult } from "../../schemas/generated.js";
import type { Network } from "../genesis/genesis.js";
import type { MainTopology } from "../resharding/main-topology.js";
import type { StateKey } from "../state/key.js";
import type { Overlay } from "../state/overlay.js";

/** What an entry is applied with. */
export interface EntryContext {
  readonly network: Network;
  readonly shard: number;
  /** Prefix of the shard, bits as text. */
  readonly prefix: string;
  /** Of the main chain only. */
  readonly topology: MainTopology | undefined;
  readonly feeAccount: StateKey;
  readonly overlay: Overlay;
  /** Chain time of the entry, in milliseconds since 1970. */
  readonly time: number;
  /** Sequence number of the entry. */
  readonly sequence: number;
}

/** What an entry did, besides its changes to the overlay. */
export interface EntryOutcome {
  readonly receipt: ReceiptResult;
  /** Message to another shard, if any, and which shard gets it. */
  readonly message?: { readonly to: number; readonly message: CrossShardMessage };
}
