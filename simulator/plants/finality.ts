import { encodeChanges } from "../../ledger/state/encoded-changes.js";
import { heightKey, keyBytes, keyOfBytes } from "../../ledger/state/key.js";
import { encodeStateValue, stateRecord } from "../../processors/chain/store-layout.js";
import { read } from "../../processors/read.js";
import type { InputRecord, OutputRecord, StepResult } from "../../processors/stage.js";
import type { Environment, OpenTask } from "../../runtime/driver/environment.js";
import { codec } from "../../schemas/codec.js";
import type { TopicName } from "../../topics/catalogue.js";
import type { PlantedBug } from "./plant.js";
import { inTaskOf, withTask } from "./seams.js";

/** Certificates of one step are written the other way round; everything else as it was. */
function certificatesReversed(result: StepResult): StepResult {
  const isCertificate = ({ topic }: OutputRecord) => topic === "shard.finalized";
  const reversed = result.records.filter(isCertificate).reverse();
  const records = result.records.map((record) => (isCertificate(record) ? reversed.shift()! : record));
  return { ...result, records };
}

/** State from changes as soon as they are read. */
function earlyState(open: OpenTask, { network }: Environment, partition: number): OpenTask {
  const { prefix } = network.topology.ofPartition(partition)!;
  const place = { topic: "shard.state", partition } as const;
  const stateOf = (record: InputRecord): OutputRecord[] => {
    const changes = record.topic === "shard.changes" ? read("BlockChanges", record) : undefined;
    if (!changes) return [];
    const { height, digest } = changes;
    const values = encodeChanges(new Map(changes.changes.map(({ key, value }) => [keyOfBytes(key), value])));
    return [
      ...values.map(({ key, isRemoval, valueBytes }) => ({
        ...place,
        key: keyBytes(key),
        value: isRemoval ? null : stateRecord({ height, digest }, valueBytes),
      })),
      { ...place, key: keyBytes(heightKey(prefix)), value: encodeStateValue(height, digest, null) },
    ];
  };
  return withTask(open, {
    result: (result, given) => ({
      ...result,
      records: [...result.records.filter(({ topic }) => topic !== "shard.state"), ...given.flatMap(stateOf)],
    }),
  });
}

function preConfirmedAsFinal(record: OutputRecord): OutputRecord {
  const notification = record.value && codec("Notification").decode(record.value);
  if (notification?.event !== "PRE_CONFIRMED") return record;
  return { ...record, value: codec("Notification").encode({ ...notification, event: "FINAL" }) };
}

/** Positions move past all that was read, whatever still waits. */
function nothingWaits(result: StepResult, given: readonly InputRecord[]): StepResult {
  const last = given.at(-1);
  if (!last) return result;
  return {
    ...result,
    resumeAt: new Map<TopicName, number>(result.resumeAt).set(last.topic, last.offset + 1),
  };
}

/** What becomes of certified blocks. */
export const finalityPlants = {
  "certificates-out-of-order": {
    about: "finalize writes the certificates of several heights the other way round.",
    found: { seed: 2, invariant: "prefix-final" },
    make: () => inTaskOf(["finalize"], (open) => withTask(open, { result: certificatesReversed })),
  },
  "state-before-certificate": {
    about: "finalize writes a block's state as soon as execute has written its changes.",
    found: { seed: 1, invariant: "final-needs-certificate", says: "shard.state was written before" },
    make: () => inTaskOf(["finalize"], earlyState),
  },
  "removals-skipped": {
    about: "finalize writes no tombstone for a state value that is gone.",
    found: { seed: 2, invariant: "same-state" },
    make: () =>
      inTaskOf(["finalize"], (open) =>
        withTask(open, {
          result: (result) => ({
            ...result,
            records: result.records.filter(({ topic, value }) => topic !== "shard.state" || value !== null),
          }),
        }),
      ),
  },
  "final-without-certificate": {
    about: "notify says final of what is only pre-confirmed.",
    found: { seed: 1, invariant: "final-needs-certificate" },
    make: () =>
      inTaskOf(["notify"], (open) =>
        withTask(open, {
          result: (result) => ({ ...result, records: result.records.map(preConfirmedAsFinal) }),
        }),
      ),
  },
  "votes-forgotten": {
    about: "finalize's position moves past votes on blocks that have no quorum yet.",
    found: { seed: 2, invariant: "lag-zero" },
    make: () => inTaskOf(["finalize"], (open) => withTask(open, { result: nothingWaits })),
  },
  "bundles-forgotten": {
    about: "relay's position moves past bundles whose block isn't certified yet.",
    found: { seed: 2, invariant: "settled-once" },
    make: () => inTaskOf(["relay"], (open) => withTask(open, { result: nothingWaits })),
  },
} satisfies Record<string, PlantedBug>;
