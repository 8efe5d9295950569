import type { FastifyInstance } from "fastify";
import type { GatewayOptions } from "../options.js";
import { metricsRegistry } from "../prometheus/registry.js";
import { errorResponses } from "../schemas/json-schema.js";

/** GET /metrics: what stages and shards measured, for Prometheus. */
export function metricsRoute(app: FastifyInstance, { views }: GatewayOptions): void {
  const registry = metricsRegistry(views);
  app.get(
    "/metrics",
    {
      schema: {
        tags: ["operations"],
        summary: "Load of stages and shards, forecasts and decisions, as Prometheus scrapes them",
        produces: ["text/plain"],
        response: {
          200: {
            description: "Text exposition format 0.0.4.",
            content: { "text/plain": { schema: { type: "string" } } },
          },
          ...errorResponses(),
        },
      },
    },
    async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()),
  );
}
