import type { FastifyInstance } from "fastify";
import { topicOnCluster } from "../../topics/catalogue.js";
import { GatewayError } from "../errors.js";
import type { GatewayOptions, NetworkRules } from "../options.js";
import { renderTransaction } from "../render.js";
import { errorResponses, ref } from "../schemas/json-schema.js";
import type { Submission } from "../views/meta.js";
import type { TransactionStatus } from "../views/transaction-status.js";

const ID = /^(?:0x)?([0-9a-fA-F]{64})$/;
const SUBMISSION = /^(\d{1,9}):(\d{1,15})$/;

type Query =
  | { readonly by: "id"; readonly id: string }
  | { readonly by: "submission"; readonly submission: Submission };

/** GET /transactions/:id: what became of a transaction, or of one submission of it. */
export function transactionRoute(app: FastifyInstance, options: GatewayOptions, rules: NetworkRules): void {
  const { transactions, certificates } = options.views;
  const topic = topicOnCluster(rules.network, "transactions");
  app.get<{ Params: { id: string } }>(
    "/transactions/:id",
    {
      schema: {
        tags: ["ledger"],
        summary: "Status of a transaction",
        description:
          "By id: the submission that took effect answers, if there is one, so a copy that somebody else published " +
          "can't hide it. By partition:offset: that submission alone. The certificate is there from `final` on, " +
          "as long as it is held.",
        params: {
          type: "object",
          required: ["id"],
          properties: {
            id: {
              type: "string",
              description: "64 hex digits, or partition:offset in the topic of transactions",
            },
          },
        },
        response: {
          200: { ...ref("Transaction"), description: "What is known of it." },
          ...errorResponses("MALFORMED_REQUEST", "MALFORMED_TRANSACTION_ID", "TRANSACTION_UNKNOWN"),
        },
      },
    },
    async (request) => {
      const query = parseQuery(request.params.id);
      const status =
        query.by === "id" ? transactions.ofId(query.id) : transactions.ofSubmission(query.submission);
      if (!status)
        throw new GatewayError("TRANSACTION_UNKNOWN", "No stage has spoken of it, or too long ago.");
      const { block } = status;
      const certificate =
        block && isCertified(status) ? certificates.certificate(block.shard, block.height) : undefined;
      return renderTransaction(status, certificate, topic);
    },
  );
}

/** A pre-confirmed transaction's height may have a certificate that says otherwise, so it shows none. */
function isCertified({ stage }: TransactionStatus): boolean {
  switch (stage) {
    case "submitted":
    case "rejected":
    case "pre-confirmed":
      return false;
    case "final":
    case "completed":
    case "refunded":
      return true;
  }
}

function parseQuery(text: string): Query {
  const id = ID.exec(text)?.[1];
  if (id !== undefined) return { by: "id", id: id.toLowerCase() };
  const [, partition, offset] = SUBMISSION.exec(text) ?? [];
  if (partition === undefined || offset === undefined) {
    throw new GatewayError("MALFORMED_TRANSACTION_ID", "Neither 64 hex digits nor partition:offset.");
  }
  return { by: "submission", submission: { partition: Number(partition), offset: Number(offset) } };
}
