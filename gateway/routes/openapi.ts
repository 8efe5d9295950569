import type { FastifyInstance } from "fastify";
import { errorResponses } from "../schemas/json-schema.js";

/** GET /openapi.json: this interface for programs. */
export function openapiRoute(app: FastifyInstance): void {
  app.get(
    "/openapi.json",
    {
      schema: {
        tags: ["operations"],
        summary: "OpenAPI 3.1 description of this interface",
        response: {
          200: { type: "object", additionalProperties: true, description: "An OpenAPI document." },
          ...errorResponses(),
        },
      },
    },
    async () => app.swagger(),
  );
}
