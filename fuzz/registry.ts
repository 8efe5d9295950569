import type { Target, TargetName } from "./target.js";

/** Every target; loaded when it is wanted, because some make networks and sign. */
const TARGETS: Readonly<Record<TargetName, () => Promise<{ target: Target }>>> = {
  "avro-records": () => import("./targets/avro-records.js"),
  "foreign-schemas": () => import("./targets/foreign-schemas.js"),
  validate: () => import("./targets/validate.js"),
  rlp: () => import("./targets/rlp.js"),
  "ethereum-transactions": () => import("./targets/ethereum-transactions.js"),
  "ed25519-transfers": () => import("./targets/ed25519-transfers.js"),
  addresses: () => import("./targets/addresses.js"),
  amounts: () => import("./targets/amounts.js"),
  "shard-log": () => import("./targets/shard-log.js"),
  finality: () => import("./targets/finality.js"),
  stages: () => import("./targets/stages.js"),
  "gateway-requests": () => import("./targets/gateway-requests.js"),
  "gateway-views": () => import("./targets/gateway-views.js"),
  settings: () => import("./targets/settings.js"),
  genesis: () => import("./targets/genesis.js"),
  "state-proofs": () => import("./targets/state-proofs.js"),
  "proof-files": () => import("./targets/proof-files.js"),
};

export async function loadTarget(name: TargetName): Promise<Target> {
  return (await TARGETS[name]()).target;
}
