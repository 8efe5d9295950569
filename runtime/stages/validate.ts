import type { MacKey } from "../../processors/mac.js";
import type { InputRecord } from "../../processors/stage.js";
import { ValidateTask } from "../../processors/validate/validate.js";
import { fromWire } from "../../schemas/codec.js";
import type { StageDefinition } from "../driver/environment.js";

export function validateStage(macKey: MacKey): StageDefinition {
  return {
    name: "validate",
    group: "validate",
    inputs: ["transactions"],
    async open(_partition, { network, schemas, schemaIds, clock, signatures }) {
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
          const idOf = ({ value }: InputRecord) => fromWire(value)?.schemaId;
          const foreign = records.map(idOf).filter((id): id is number => id !== undefined && id !== schemaId);
          const own = foreign.length === 0 ? records : records.filter((record) => idOf(record) === schemaId);
          await Promise.all([
            foreign.length > 0 ? schemas.prepareForeign(foreign, clock.now()) : undefined,
            signatures?.check("transactions", own),
          ]);
        },
      };
    },
  };
}
