import type { FastifyInstance } from "fastify";
import { transactionIdOf } from "../../ledger/transaction/index.js";
import { topicOnCluster } from "../../topics/catalogue.js";
import { GatewayError } from "../errors.js";
import {
  DEFAULT_GATEWAY_LIMITS,
  type GatewayOptions,
  type NetworkRules,
  type Publication,
} from "../options.js";
import { errorResponses, type JsonSchema, ref } from "../schemas/json-schema.js";
import { within } from "../time-limit.js";
import type { Submission } from "../views/meta.js";
import { parseTransaction } from "./parse-transaction.js";

/** Room in the JSON for names, quotes and prefixes beside the hex digits. */
const JSON_ENVELOPE_BYTES_MAX = 1_024;

/** POST /transactions: publishes a signed transaction and answers once the topic has acknowledged it. */
export function submitRoute(app: FastifyInstance, options: GatewayOptions, rules: NetworkRules): void {
  const { transactionBytesMax } = rules.parameters;
  const topic = topicOnCluster(rules.network, "transactions");
  const publish = boundedPublish(options);
  const nowMs = options.nowMs ?? Date.now;
  app.post(
    "/transactions",
    {
      bodyLimit: 2 * transactionBytesMax + JSON_ENVELOPE_BYTES_MAX,
      // The schema documents; parseTransaction checks, with better messages and our own codes.
      validatorCompiler: () => () => true,
      schema: {
        tags: ["ledger"],
        summary: "Publish a signed transaction",
        description:
          "Answers once the topic has it. Whether it is valid, the stages say: follow the links. Publishing the same " +
          "transaction twice is harmless, it takes effect once.",
        body: submitBody(transactionBytesMax),
        response: {
          202: { ...ref("Accepted"), description: "The topic has it." },
          ...errorResponses(
            "MALFORMED_JSON",
            "MALFORMED_REQUEST",
            "MALFORMED_TRANSACTION",
            "UNKNOWN_SCHEME",
            "TRANSACTION_TOO_LARGE",
            "UNSUPPORTED_MEDIA_TYPE",
            "TOPIC_UNAVAILABLE",
            "OVERLOADED",
          ),
        },
      },
    },
    async (request, reply) => {
      const transaction = parseTransaction(request.body, transactionBytesMax);
      const transactionId = transactionIdOf(transaction);
      const keyBytes = options.senderOf?.(transaction) ?? null;
      let submission: Submission;
      try {
        submission = await publish({ keyBytes, value: transaction });
      } catch (error) {
        if (error instanceof GatewayError) throw error;
        request.log.warn({ err: error }, "publication failed");
        throw new GatewayError("TOPIC_UNAVAILABLE", "The topic did not acknowledge it; submit it again.");
      }
      options.views.transactions.noteSubmitted(transactionId, submission, nowMs());
      const id = transactionId.toString("hex");
      const { partition, offset } = submission;
      return reply.code(202).send({
        transactionId: id,
        submission: { topic, partition, offset },
        links: { transaction: `/transactions/${id}`, submission: `/transactions/${partition}:${offset}` },
      });
    },
  );
}

/** `publish` with a bound on how many wait at once and on how long each waits. */
function boundedPublish(options: GatewayOptions): (publication: Publication) => Promise<Submission> {
  const limits = { ...DEFAULT_GATEWAY_LIMITS, ...options.limits };
  let inFlight = 0;
  return async (publication) => {
    if (inFlight >= limits.publishesInFlightMax) {
      throw new GatewayError("OVERLOADED", `${inFlight} publications wait for the broker; try again soon.`);
    }
    inFlight++;
    // A publication given up still loads the client until it ends, so it counts until then.
    const sent = (async () => options.publish(publication))().finally(() => inFlight--);
    return within(sent, limits.publishTimeoutMs, "acknowledgement");
  };
}

function submitBody(transactionBytesMax: number): JsonSchema {
  const bytes = (about: string, example: string) => ({
    type: "string",
    pattern: "^(0x)?([0-9a-fA-F]{2})+$",
    description: about,
    examples: [example],
  });
  return {
    description: `At most ${transactionBytesMax} bytes, signed.`,
    oneOf: [
      {
        title: "Ethereum",
        type: "object",
        required: ["scheme", "raw"],
        additionalProperties: false,
        properties: {
          scheme: { const: "ethereum" },
          raw: bytes(
            "Signed RLP transaction as any wallet makes it: legacy, EIP-2930 or EIP-1559",
            "0x02f86b",
          ),
        },
      },
      {
        title: "Ed25519",
        type: "object",
        required: ["scheme", "body", "publicKey", "signature"],
        additionalProperties: false,
        properties: {
          scheme: { const: "ed25519" },
          body: bytes("Canonical Avro encoding of TransferBody", "0x9a01"),
          publicKey: bytes("32 bytes", `0x${"3d".repeat(32)}`),
          signature: bytes("64 bytes over the domain tag, the chain id and the body", `0x${"92".repeat(64)}`),
        },
      },
    ],
  };
}
