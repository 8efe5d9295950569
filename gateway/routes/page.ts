import { createHash } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { pageHtml } from "../page/html.js";
import { PAGE_SCRIPT } from "../page/script.js";
import { PAGE_STYLE } from "../page/style.js";
import { errorResponses } from "../schemas/json-schema.js";

/** Whole policy of the page: its own style and script by their hashes, this origin's /status, and nothing else. */
function contentSecurityPolicy(): string {
  const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  return [
    "default-src 'none'",
    `script-src ${hash(PAGE_SCRIPT)}`,
    `style-src ${hash(PAGE_STYLE)}`,
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

/** GET /: the ops page, one HTML document without external parts. */
export function pageRoute(app: FastifyInstance): void {
  const html = pageHtml(PAGE_STYLE, PAGE_SCRIPT);
  const policy = contentSecurityPolicy();
  app.get(
    "/",
    {
      schema: {
        tags: ["operations"],
        summary: "Page for operators, refreshed from /status",
        produces: ["text/html"],
        response: {
          200: {
            description: "An HTML page.",
            content: { "text/html": { schema: { type: "string" } } },
          },
          ...errorResponses(),
        },
      },
    },
    async (_request, reply) =>
      reply.header("content-security-policy", policy).type("text/html; charset=utf-8").send(html),
  );
}
