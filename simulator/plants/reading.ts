import type { Environment } from "../../runtime/driver/environment.js";
import type { PlantedBug } from "./plant.js";
import { inTaskOf, withTask } from "./seams.js";

/** A group without a position begins with what comes next. */
function fromLatest(environment: Environment): Environment {
  const { admin } = environment;
  return {
    ...environment,
    admin: {
      fetchTopicOffsets: (topic) => admin.fetchTopicOffsets(topic),
      fetchOffsets: async (request) => {
        const committed = await admin.fetchOffsets(request);
        return Promise.all(
          committed.map(async ({ topic, partitions }) => {
            const ends = await admin.fetchTopicOffsets(topic);
            const latest = (number: number) => ends.find(({ partition }) => partition === number)!.high;
            return {
              topic,
              partitions: partitions.map((entry) =>
                Number(entry.offset) < 0 ? { ...entry, offset: latest(entry.partition) } : entry,
              ),
            };
          }),
        );
      },
    },
  };
}

/** What stages read, and from where. */
export const readingPlants = {
  "reads-uncommitted": {
    about: "Records of Kafka transactions that were never committed are read too.",
    found: { seed: 2, invariant: "final-needs-certificate" },
    make: () => ({ client: { readsUncommitted: true } }),
  },
  "starts-at-latest": {
    about: "A group without a committed position starts at the end instead of at the beginning.",
    found: { seed: 1, invariant: "ended-once" },
    make: () => ({ environment: fromLatest }),
  },
  "record-key-not-checked": {
    about: "validate doesn't compare a record's key with its sender.",
    found: { seed: 4, invariant: "judged-rightly" },
    make: () =>
      inTaskOf(["validate"], (open) =>
        withTask(open, { records: (records) => records.map((record) => ({ ...record, key: null })) }),
      ),
  },
} satisfies Record<string, PlantedBug>;
