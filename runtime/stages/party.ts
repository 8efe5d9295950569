import type { ConsensusModule } from "../../ledger/consensus/index.js";
import { withMemory } from "../../ledger/consensus/votes.js";
import type { Environment } from "../driver/environment.js";
import { EndedStores } from "./ended-stores.js";

/** What a task is opened in that has others of its party beside it. */
export interface PartyEnvironment extends Environment {
  /** Left out: those who ended are looked for on disk. */
  readonly ended?: EndedStores;
}

/** One who executes all shards: its tasks share which votes it has verified and what ended shards left, and nobody else's do. */
export class Party {
  private consensus: ConsensusModule | undefined;
  readonly ended = new EndedStores();

  view(environment: Environment): PartyEnvironment {
    const { network } = environment;
    this.consensus ??= withMemory(network.consensus);
    return { ...environment, network: { ...network, consensus: this.consensus }, ended: this.ended };
  }

  close(): Promise<void> {
    return this.ended.close();
  }
}
