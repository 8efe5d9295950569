import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";

/** Every code the gateway answers with, its HTTP status and what it means. Codes are stable, messages are not. */
export const API_ERRORS = {
  MALFORMED_JSON: { status: 400, doc: "The body is no JSON." },
  MALFORMED_REQUEST: { status: 400, doc: "The request is not HTTP as this gateway takes it." },
  MALFORMED_TRANSACTION: {
    status: 400,
    doc: "A field of the transaction is missing, unknown, no hex, or of the wrong length. Nothing was published.",
  },
  UNKNOWN_SCHEME: { status: 400, doc: "The scheme is neither ethereum nor ed25519. Nothing was published." },
  MALFORMED_TRANSACTION_ID: { status: 400, doc: "Neither 64 hex digits nor partition:offset." },
  MALFORMED_ADDRESS: {
    status: 400,
    doc: "Neither sh<shard path>-<40 hex>-<4 hex> nor 0x and 40 hex digits.",
  },
  BAD_ADDRESS_CHECKSUM: { status: 400, doc: "The address is mistyped: its checksum does not fit." },
  TRANSACTION_UNKNOWN: {
    status: 404,
    doc: "No stage has spoken of it yet, or so long ago that it is no longer held here.",
  },
  ROUTE_UNKNOWN: { status: 404, doc: "There is no such route; see /openapi.json." },
  TRANSACTION_TOO_LARGE: {
    status: 413,
    doc: "It has more bytes than the network takes. Nothing was published.",
  },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, doc: "The body is not application/json." },
  INTERNAL_FAULT: { status: 500, doc: "A fault of the gateway; the log has it." },
  TOPIC_UNAVAILABLE: {
    status: 503,
    doc: "The topic did not acknowledge it. It may have it all the same; to submit it again is harmless.",
  },
  OVERLOADED: {
    status: 503,
    doc: "Too many publications wait for the broker. Nothing was published.",
  },
  STATE_INCOMPLETE: {
    status: 503,
    doc: "The gateway does not hold every account, and this one is not among those it holds.",
  },
} as const satisfies Record<string, { status: number; doc: string }>;

export type ApiErrorCode = keyof typeof API_ERRORS;

/** Headers of every answer. */
export const RESPONSE_HEADERS = { "cache-control": "no-store", "x-content-type-options": "nosniff" } as const;

/** The one shape of every error. */
export interface ErrorBody {
  readonly error: { readonly code: ApiErrorCode; readonly message: string };
}

/** An expected refusal of a request. */
export class GatewayError extends Error {
  constructor(
    readonly code: ApiErrorCode,
    message: string,
  ) {
    super(message);
    this.name = "GatewayError";
  }
}

export function errorBody(code: ApiErrorCode, message: string): ErrorBody {
  return { error: { code, message } };
}

/** Fastify's own refusals under our codes; undefined: a fault. */
function codeOf(error: FastifyError): ApiErrorCode | undefined {
  switch (error.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return "TRANSACTION_TOO_LARGE";
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return "UNSUPPORTED_MEDIA_TYPE";
    case "FST_ERR_CTP_INVALID_JSON_BODY":
    case "FST_ERR_CTP_EMPTY_JSON_BODY":
      return "MALFORMED_JSON";
    default:
      return error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500
        ? "MALFORMED_REQUEST"
        : undefined;
  }
}

/** Longest message of an error, in characters. */
const MESSAGE_CHARACTERS_MAX = 300;

/** Answers every error of a route or of fastify in the one shape; what is no expected refusal is logged. */
export function answerError(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): void {
  const code = error instanceof GatewayError ? error.code : codeOf(error as FastifyError);
  if (code === undefined) {
    request.log.error({ err: error, url: request.url }, "gateway fault");
    send(reply, "INTERNAL_FAULT", "The gateway has a fault; its log says more.");
    return;
  }
  // Fastify's own messages repeat the path, however long it is.
  send(reply, code, error.message.slice(0, MESSAGE_CHARACTERS_MAX));
}

/** Characters of a path that an answer repeats. */
const PATH_CHARACTERS_SHOWN = 200;

/** Answers a URL that no route has. */
export function answerUnknownRoute(request: FastifyRequest, reply: FastifyReply): void {
  const path = request.url.split("?", 1)[0]!.slice(0, PATH_CHARACTERS_SHOWN);
  send(reply, "ROUTE_UNKNOWN", `There is no ${request.method} ${path}.`);
}

function send(reply: FastifyReply, code: ApiErrorCode, message: string): void {
  const { status } = API_ERRORS[code];
  if (status === 503) reply.header("retry-after", "1");
  // Fastify's refusal of a URL passes no hook.
  void reply.headers(RESPONSE_HEADERS).code(status).send(errorBody(code, message));
}
