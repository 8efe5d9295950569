import type { MacKey } from "../../processors/mac.js";
import { ValidateTask } from "../../processors/validate/validate.js";
import { fromWire } from "../../schemas/codec.js";
import type { StageDefinition } from "../driver/environment.js";

export function validateStage(macKey: MacKey): StageDefinition {
  return {
    name: "validate",
    group: "validate",
    inputs: ["transactions"],
    async open(_partition, { network, schemas, schemaIds, clock }) {
      const schemaId = schemaIds.get("transactions")!;
      const task = new ValidateTask({
        network: network.genesis.network,
        rules: network.rules,
        macKey,
        schemaId,
        foreign: (id) => schemas.foreign(id),
      });
      return {
        task,
        prepare: async (records) => {
          const foreign = records
            .map((record) => fromWire(record.value)?.schemaId)
            .filter((id): id is number => id !== undefined && id !== schemaId);
          if (foreign.length > 0) await schemas.prepareForeign(foreign, clock.now());
        },
      };
    },
  };
}
