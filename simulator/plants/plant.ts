import type { Network } from "../../ledger/genesis/genesis.js";
import type { Environment, StageDefinition } from "../../runtime/driver/environment.js";
import type { ClientFaults } from "../kafka/client.js";

/** A fault put into the stages on purpose, to see that the checker finds it. Each part is optional; the rest is production's. */
export interface Plant {
  readonly name: string;
  /** What is wrong, in a sentence. */
  readonly about: string;
  readonly client?: ClientFaults;
  readonly environment?: (environment: Environment) => Environment;
  readonly definition?: (definition: StageDefinition) => StageDefinition;
  readonly network?: (network: Network) => Network;
}
