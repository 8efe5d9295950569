import { API_ERRORS, type ApiErrorCode } from "../errors.js";

/** A JSON schema; OpenAPI 3.1 takes it as it is. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** An object whose fields are all there; those of another type than the schema says are a fault of ours. */
export function object(properties: Readonly<Record<string, JsonSchema>>, about?: string): JsonSchema {
  return {
    type: "object",
    ...(about !== undefined && { description: about }),
    required: Object.keys(properties),
    properties,
  };
}

export function list(items: JsonSchema, about: string): JsonSchema {
  return { type: "array", description: about, items };
}

export function text(about: string): JsonSchema {
  return { type: "string", description: about };
}

export function oneOf(values: readonly string[], about: string): JsonSchema {
  return { type: "string", enum: values, description: about };
}

export function integer(about: string): JsonSchema {
  return { type: "integer", description: about };
}

export function number(about: string): JsonSchema {
  return { type: "number", description: about };
}

export function flag(about: string): JsonSchema {
  return { type: "boolean", description: about };
}

/** Bytes as lower-case hex digits without prefix. */
export function hex(bytes: number, about: string): JsonSchema {
  return { type: "string", pattern: `^[0-9a-f]{${2 * bytes}}$`, description: about };
}

/** A time. */
export function time(about: string): JsonSchema {
  return { type: "integer", description: `${about}, in milliseconds since 1970` };
}

/** The schema or null. */
export function orNull(schema: JsonSchema): JsonSchema {
  return typeof schema.type === "string"
    ? {
        ...schema,
        type: [schema.type, "null"],
        ...(Array.isArray(schema.enum) && { enum: [...schema.enum, null] }),
      }
    : { anyOf: [schema, { type: "null" }] };
}

/** A schema registered by its $id. */
export function ref(id: string): JsonSchema {
  return { $ref: `${id}#` };
}

/** Responses of a route to its errors, by status: which codes come with it and what they mean. */
export function errorResponses(...codes: ApiErrorCode[]): Record<string, JsonSchema> {
  const byStatus = new Map<number, ApiErrorCode[]>();
  for (const code of [...codes, "INTERNAL_FAULT" as const]) {
    const { status } = API_ERRORS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, all]) => [
      String(status),
      {
        description: all.map((code) => `${code}: ${API_ERRORS[code].doc}`).join("\n\n"),
        content: { "application/json": { schema: ref("Error") } },
      },
    ]),
  );
}
