import type { FastifyInstance } from "fastify";
import {
  DEFAULT_GATEWAY_LIMITS,
  type GatewayOptions,
  type LiveStatus,
  type NetworkRules,
} from "../options.js";
import { renderNotification } from "../render.js";
import { renderLoad } from "../render-load.js";
import { errorResponses, ref } from "../schemas/json-schema.js";
import { within } from "../time-limit.js";
import type { CheckpointView } from "../views/checkpoints.js";
import type { Views } from "../views/index.js";

/** GET /status: the network as the gateway sees it now. */
export function statusRoute(app: FastifyInstance, options: GatewayOptions, rules: NetworkRules): void {
  const { views } = options;
  const { network, chainId, consensus, parameters } = rules;
  const genesis = rules.genesisHash.toString("hex");
  const { statusTimeoutMs } = { ...DEFAULT_GATEWAY_LIMITS, ...options.limits };
  const nowMs = options.nowMs ?? Date.now;
  app.get(
    "/status",
    {
      schema: {
        tags: ["operations"],
        summary: "Network, shards, validators, stages and what happens now",
        response: {
          200: { ...ref("Status"), description: "As of `timeMs`; `viewLag` says how far it is behind." },
          ...errorResponses(),
        },
      },
    },
    async (request) => {
      let live: LiveStatus | undefined;
      try {
        live = await within((async () => options.status())(), statusTimeoutMs, "stage health");
      } catch (error) {
        // Just when the broker is down an operator needs the rest of this answer.
        request.log.warn({ err: error }, "stage health unknown");
      }
      const timeMs = nowMs();
      const activity = views.activity.at(timeMs);
      return {
        network,
        chainId,
        genesis,
        consensus,
        parameters,
        timeMs,
        shards: renderShards(views),
        globalRoot: views.globalRoot.last ?? null,
        validators: views.directory.validators().map(({ validator, name, publicKey, stake, status }) => ({
          validator,
          name,
          publicKey: publicKey.toString("hex"),
          stake,
          status,
          signedShare: views.certificates.signedShare(validator),
        })),
        stages: live?.stages.map((one) => ({ lagRecords: null, detail: null, ...one })) ?? null,
        viewLag: live?.viewLag ?? null,
        views: {
          transactionsHeld: views.transactions.held,
          transactionsDropped: views.transactions.dropped,
          accountsHeld: views.accounts.held,
          accountsOverflowed: views.accounts.overflowed,
          conflictingCertificates: views.certificates.conflicts,
        },
        activity: {
          ...activity,
          preConfirmed: activity.preConfirmed ?? null,
          final: activity.final ?? null,
          recent: activity.recent.map(renderNotification),
        },
        load: renderLoad(views),
      };
    },
  );
}

function renderCheckpoint(checkpoint: CheckpointView | undefined) {
  if (!checkpoint) return null;
  return { ...checkpoint, intervalMs: checkpoint.intervalMs ?? null };
}

/** Shards of the topology, and those that only certificates tell of. */
function renderShards({ directory, certificates, checkpoints, accounts }: Views) {
  const heads = new Map(certificates.heads().map((head) => [head.shard, head]));
  const places = new Map(directory.shards().map((shard) => [shard.shard, shard]));
  const numbers = [...new Set([...heads.keys(), ...places.keys()])].sort((a, b) => a - b);
  return numbers.map((shard) => {
    const head = heads.get(shard);
    const place = places.get(shard);
    return {
      shard,
      path: place?.path ?? null,
      prefix: place?.prefix ?? null,
      partition: place?.partition ?? null,
      height: head?.height ?? 0,
      digest: head?.digest.toString("hex") ?? null,
      timeMs: head?.timeMs ?? null,
      stateHeight: (place && accounts.completeIn(place.partition)?.height) ?? null,
      checkpoint: renderCheckpoint(checkpoints.of(shard)),
    };
  });
}
