import { COMPATIBILITY, SchemaRegistry, SchemaType } from "@kafkajs/confluent-schema-registry";
import { codec } from "../../schemas/codec.js";
import { type ForeignDecoding, foreignDecoder } from "../../schemas/foreign.js";
import { CATALOGUE, subjectOf, type TopicName } from "../../topics/catalogue.js";

/** Ids of our schemas in the registry, by topic. */
export type SchemaIds = ReadonlyMap<TopicName, number>;

/** Foreign schema ids remembered, known and unknown; beyond it the memory starts afresh. */
const FOREIGN_IDS_MAX = 10_000;
/** How long an id that the registry didn't know is believed unknown, in milliseconds. */
const UNKNOWN_TTL_MS = 10_000;
/** Longest wait for the registry to say a schema, in milliseconds. */
const LOOK_UP_TIMEOUT_MS = 10_000;
/** What the registry answers where it has no such schema, as opposed to not being able to say. */
const NOT_THERE: ReadonlySet<number> = new Set([400, 404, 422]);

/** The schema registry: registers the catalogue's schemas, looks up the ids that producers used. */
export class Schemas {
  private readonly registry: SchemaRegistry;
  private readonly known = new Map<number, ForeignDecoding>();
  private readonly unknown = new Map<number, number>();

  constructor(readonly url: string) {
    this.registry = new SchemaRegistry({ host: url });
  }

  /**
   * Registers the schema of every topic under `<topic>-value` with compatibility BACKWARD. Idempotent: a schema that is
   * there already keeps its id. Throws when the registry refuses a schema as incompatible.
   */
  async registerAll(network: string): Promise<SchemaIds> {
    const ids = new Map<TopicName, number>();
    for (const { name, value } of CATALOGUE) {
      const { id } = await this.registry.register(
        { type: SchemaType.AVRO, schema: JSON.stringify(codec(value).schema) },
        { subject: subjectOf(network, name), compatibility: COMPATIBILITY.BACKWARD },
      );
      ids.set(name, id);
    }
    return ids;
  }

  /** Ids of the schemas that `registerAll` put there. Throws when one is missing. */
  async lookUpAll(network: string): Promise<SchemaIds> {
    const ids = await Promise.all(
      CATALOGUE.map(async ({ name, value }) => {
        const subject = subjectOf(network, name);
        const schema = { type: SchemaType.AVRO, schema: JSON.stringify(codec(value).schema) } as const;
        return [name, await this.registry.getRegistryIdBySchema(subject, schema)] as const;
      }),
    );
    return new Map(ids);
  }

  /**
   * Looks up ids that are not remembered. A schema that is no Avro, no schema or not ours is as good as none: producers may
   * register anything, and no record of theirs may stop the stage. Throws when the registry can't be asked.
   */
  async prepareForeign(schemaIds: Iterable<number>, nowMs: number): Promise<void> {
    for (const id of new Set(schemaIds)) {
      if (this.known.has(id) || (this.unknown.get(id) ?? 0) > nowMs) continue;
      const text = await this.schemaText(id);
      const decode = text === undefined ? undefined : foreignDecoder(text);
      if (this.known.size + this.unknown.size >= FOREIGN_IDS_MAX) {
        this.known.clear();
        this.unknown.clear();
      }
      if (decode) this.known.set(id, decode);
      else this.unknown.set(id, nowMs + UNKNOWN_TTL_MS);
    }
  }

  /** Decoder of a remembered id. */
  foreign(schemaId: number): ForeignDecoding | undefined {
    return this.known.get(schemaId);
  }

  /** The text of an Avro schema; undefined where the registry has none under the id. Throws when it can't be asked. */
  private async schemaText(id: number): Promise<string | undefined> {
    const answer = await fetch(`${this.url.replace(/\/+$/, "")}/schemas/ids/${id}`, {
      signal: AbortSignal.timeout(LOOK_UP_TIMEOUT_MS),
    });
    if (NOT_THERE.has(answer.status)) return undefined;
    if (!answer.ok) throw new Error(`the registry answered ${answer.status} for schema ${id}`);
    const { schema, schemaType } = (await answer.json()) as { schema?: unknown; schemaType?: unknown };
    const isAvro = schemaType === undefined || schemaType === "AVRO";
    return isAvro && typeof schema === "string" ? schema : undefined;
  }
}
