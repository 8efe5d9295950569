import type { CrossShardMessage, ReceiptResult } from "../../schemas/generated.js";
import type { Network } from "../genesis/genesis.js";
import type { StateKey } from "../state/key.js";
import type { Overlay } from "../state/overlay.js";

/** What an entry is applied with. */
export interface EntryContext {
  readonly network: Network;
  readonly shard: number;
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
