import { COMPATIBILITY, SchemaRegistry, SchemaType } from "@kafkajs/confluent-schema-registry";
import avro from "avsc";
import { codec } from "../../schemas/codec.js";
import type { SignedTransaction } from "../../schemas/generated.js";
import { CATALOGUE, subjectOf, type TopicName } from "../../topics/catalogue.js";

/** Ids of our schemas in the registry, by topic. */
export type SchemaIds = ReadonlyMap<TopicName, number>;

/** Foreign schema ids remembered, known and unknown; beyond it the memory starts afresh. */
const FOREIGN_IDS_MAX = 10_000;
/** How long an id that the registry didn't know is believed unknown, in milliseconds. */
const UNKNOWN_TTL_MS = 10_000;

/** The schema registry: registers the catalogue's schemas, looks up the ids that producers used. */
export class Schemas {
  private readonly registry: SchemaRegistry;
  private readonly known = new Map<number, (avroBytes: Buffer) => SignedTransaction | undefined>();
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

  /** Looks up ids that are not remembered. Throws when the registry can't be asked. */
  async prepareForeign(schemaIds: Iterable<number>, nowMs: number): Promise<void> {
    for (const id of new Set(schemaIds)) {
      if (this.known.has(id) || (this.unknown.get(id) ?? 0) > nowMs) continue;
      const decode = await this.foreignDecoder(id);
      if (this.known.size + this.unknown.size >= FOREIGN_IDS_MAX) {
        this.known.clear();
        this.unknown.clear();
      }
      if (decode) this.known.set(id, decode);
      else this.unknown.set(id, nowMs + UNKNOWN_TTL_MS);
    }
  }

  /** Decoder of a remembered id. */
  foreign(schemaId: number): ((avroBytes: Buffer) => SignedTransaction | undefined) | undefined {
    return this.known.get(schemaId);
  }

  private async foreignDecoder(
    id: number,
  ): Promise<((bytes: Buffer) => SignedTransaction | undefined) | undefined> {
    let writer: avro.Type;
    try {
      const schema = await this.registry.getSchema(id);
      // Compiled again from its text: the registry's client compiles without our logical types.
      writer = avro.Type.forSchema(JSON.parse(JSON.stringify(schema)) as avro.Schema);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
    try {
      const reader = codec("SignedTransaction").type;
      const resolver = reader.createResolver(writer);
      return (bytes) => {
        try {
          if (!writer.toBuffer(writer.fromBuffer(bytes)).equals(bytes)) return undefined;
          return reader.fromBuffer(bytes, resolver) as SignedTransaction;
        } catch {
          return undefined;
        }
      };
    } catch {
      return undefined; // a schema of something else
    }
  }
}

/** Whether the registry said that it has no such schema, as opposed to not answering. */
function isNotFound(error: unknown): boolean {
  const status = (error as { status?: number }).status;
  return status === 404 || status === 400 || status === 422;
}
