import type { FastifyInstance } from "fastify";
import { formatAddress, parseAddress } from "../../ledger/address.js";
import { GatewayError } from "../errors.js";
import type { GatewayOptions } from "../options.js";
import { renderAccountId } from "../render.js";
import { errorResponses, ref } from "../schemas/json-schema.js";

/** GET /accounts/:address: certified balance and nonce. */
export function accountRoute(app: FastifyInstance, { views }: GatewayOptions): void {
  const { accounts, directory } = views;
  app.get<{ Params: { address: string } }>(
    "/accounts/:address",
    {
      schema: {
        tags: ["ledger"],
        summary: "Certified balance and nonce of an account",
        description:
          "Values that validators have certified; what is only pre-confirmed isn't in them. The shard in the address " +
          "is a hint, an address stays valid when shards split.",
        params: {
          type: "object",
          required: ["address"],
          properties: {
            address: {
              type: "string",
              description: "sh<shard path>-<40 hex>-<4 hex>, or 0x and 40 hex digits",
            },
          },
        },
        response: {
          200: {
            ...ref("Account"),
            description: "The account; balance 0 and nonce 0 where it doesn't exist.",
          },
          ...errorResponses(
            "MALFORMED_REQUEST",
            "MALFORMED_ADDRESS",
            "BAD_ADDRESS_CHECKSUM",
            "STATE_INCOMPLETE",
          ),
        },
      },
    },
    async (request) => {
      const id = accountIdOf(request.params.address);
      const account = accounts.account(id);
      if (!account && accounts.overflowed) {
        throw new GatewayError("STATE_INCOMPLETE", "More accounts exist than this gateway holds.");
      }
      const shard = account ? directory.shardIn(account.partition) : directory.shardOf(id);
      const partition = account?.partition ?? shard?.partition;
      const complete = partition === undefined ? undefined : accounts.completeIn(partition);
      return {
        account: renderAccountId(id),
        address: shard ? formatAddress(shard.path, id) : null,
        exists: account !== undefined,
        balance: String(account?.balance ?? 0n),
        nonce: account?.nonce ?? 0,
        shard: shard?.shard ?? null,
        height: account?.height ?? complete?.height ?? null,
        digest: account?.digest ?? complete?.digest ?? null,
        stateHeight: complete?.height ?? null,
      };
    },
  );
}

function accountIdOf(address: string): Buffer {
  const parsed = parseAddress(address);
  if (parsed.ok) return parsed.accountId;
  switch (parsed.reason) {
    case "FORM":
      throw new GatewayError(
        "MALFORMED_ADDRESS",
        "Neither sh<path>-<40 hex>-<4 hex> nor 0x and 40 hex digits.",
      );
    case "CHECKSUM":
      throw new GatewayError("BAD_ADDRESS_CHECKSUM", "The checksum doesn't fit: the address is mistyped.");
  }
}
