import type { Socket } from "node:net";
import swagger from "@fastify/swagger";
import Fastify, { type FastifyInstance, LogController } from "fastify";
import { REJECT_REASONS } from "../ledger/reject-reasons.js";
import { answerError, answerUnknownRoute, errorBody, RESPONSE_HEADERS } from "./errors.js";
import type { GatewayOptions } from "./options.js";
import { accountRoute } from "./routes/account.js";
import { metricsRoute } from "./routes/metrics.js";
import { openapiRoute } from "./routes/openapi.js";
import { pageRoute } from "./routes/page.js";
import { statusRoute } from "./routes/status.js";
import { submitRoute } from "./routes/submit.js";
import { transactionRoute } from "./routes/transaction.js";
import { LEDGER_SCHEMAS } from "./schemas/ledger.js";
import { STATUS_SCHEMAS } from "./schemas/status.js";

/** Longest that a client may take to send a request, in milliseconds. */
const REQUEST_TIMEOUT_MS = 30_000;
/** Longest path parameter, in characters: an address with the longest shard path. */
const PARAMETER_CHARACTERS_MAX = 200;
/** Body limit of routes that don't set their own: none of them takes a body. */
const BODY_BYTES_MAX = 1_024;

/** The REST gateway, ready for `listen` or `inject`; `close` it to stop. Pure but for what the options bring in. */
export function buildGateway(options: GatewayOptions): FastifyInstance {
  const rules = options.describeRules();
  const app: FastifyInstance = Fastify({
    ...(options.logger ? { loggerInstance: options.logger } : { logger: false }),
    // The ops page asks every second: a line a request would drown the log.
    logController: new LogController({ disableRequestLogging: true }),
    requestTimeout: REQUEST_TIMEOUT_MS,
    bodyLimit: BODY_BYTES_MAX,
    routerOptions: { maxParamLength: PARAMETER_CHARACTERS_MAX },
    frameworkErrors: answerError,
    clientErrorHandler: answerBrokenHttp,
  });
  app.setErrorHandler(answerError);
  app.setNotFoundHandler(answerUnknownRoute);
  app.addHook("onSend", async (_request, reply) => {
    reply.headers(RESPONSE_HEADERS);
  });
  for (const [$id, schema] of Object.entries({ ...LEDGER_SCHEMAS, ...STATUS_SCHEMAS })) {
    app.addSchema({ $id, ...schema });
  }
  void app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Rustorium gateway",
        version: "0.1.0",
        description: `Answers from materialised views of the network's topics.\n\n${describeCodes()}`,
      },
      tags: [
        { name: "ledger", description: "Transactions and accounts" },
        { name: "operations", description: "The network's health" },
      ],
    },
    refResolver: {
      buildLocalReference: (json, _baseUri, _fragment, index) =>
        typeof json.$id === "string" ? json.$id : `Schema${index}`,
    },
  });
  void app.register(async (scope) => {
    submitRoute(scope, options, rules);
    transactionRoute(scope, options, rules);
    accountRoute(scope, options);
    statusRoute(scope, options, rules);
    metricsRoute(scope, options);
    openapiRoute(scope);
    pageRoute(scope);
  });
  return app;
}

/** The stages' reason codes, as a list in Markdown. */
function describeCodes(): string {
  const lines = Object.entries(REJECT_REASONS).map(
    ([code, { where, doc }]) => `- \`${code}\` (${where}): ${doc}`,
  );
  return `Reason codes of refused transactions:\n\n${lines.join("\n")}`;
}

/** Answers what isn't even HTTP, below any route, in the one error shape. */
function answerBrokenHttp(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) return;
  const body = JSON.stringify(
    errorBody("MALFORMED_REQUEST", "The request is not HTTP as this gateway takes it."),
  );
  socket.end(
    `HTTP/1.1 400 Bad Request\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
