import type { Network } from "../../ledger/genesis/genesis.js";
import type { Environment, StageDefinition } from "../../runtime/driver/environment.js";
import type { ClientFaults } from "../kafka/client.js";
import type { Finding } from "../options.js";

/** Where a bug is put in: wrappers around production's parts. Each is optional; the rest is production's. */
export interface Seams {
  readonly client?: ClientFaults;
  readonly environment?: (environment: Environment) => Environment;
  readonly definition?: (definition: StageDefinition) => StageDefinition;
  readonly network?: (network: Network) => Network;
}

/** A fault put into the stages on purpose, to see that the checker finds it. */
export interface Plant extends Seams {
  readonly name: string;
  /** What is wrong, in a sentence. */
  readonly about: string;
}

/** A bug of the registry, with the smallest seed that finds it. */
export interface PlantedBug {
  /** What is wrong, in a sentence. */
  readonly about: string;
  readonly found: Finding & { readonly seed: number };
  /** Anew for each run: what a bug remembers must not go from one run to the next. */
  readonly make: () => Seams;
}
