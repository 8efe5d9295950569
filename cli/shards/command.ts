import type { Command } from "commander";
import { PROPOSAL_REFUSALS, type ProposalRefusal } from "../../ledger/resharding/decide.js";
import { Home } from "../../runtime/home.js";
import { type ConnectedTopics, connectTopics } from "../../runtime/proofs/connect.js";
import { SettingError } from "../../runtime/settings.js";
import { type Decided, propose } from "../../runtime/topology/propose.js";
import { type ListedShard, listShards, shardNamed } from "../../runtime/topology/shard-list.js";
import type { ProposalKind } from "../../schemas/generated.js";
import { EXIT } from "../failure.js";
import { settingsOf, withSettings } from "../settings-flags.js";
import { historyOf, historyText } from "./history.js";
import { shardTable, shardTree } from "./render.js";
import { untilDone } from "./until-done.js";

type Flags = Record<string, unknown>;

/** `rustorium shards list|tree|history|split|merge|pause|resume`. */
export function shardsCommand(program: Command): void {
  const shards = program.command("shards").description("show the shard tree, and change it");
  show(shards, "list", "the shards that there are, and what changes wait for", async (topics) => {
    const list = await listShards(topics);
    return { json: list, text: shardTable(list) };
  });
  show(shards, "tree", "all shards that there are and were, as a tree", async (topics) => {
    const list = await listShards(topics);
    return { json: list, text: shardTree(list) };
  });
  show(shards, "history", "all proposals to change the tree, and what was decided", async (topics) => {
    const history = await historyOf(topics);
    return { json: history, text: historyText(history) };
  });
  change(shards, "SPLIT", "split", ["shard"], "split a shard into its halves");
  change(shards, "MERGE", "merge", ["left", "right"], "merge the two children of one parent");
  change(shards, "PAUSE", "pause", [], "kill switch: accept no change until resume");
  change(shards, "RESUME", "resume", [], "accept changes again");
}

function show(
  parent: Command,
  name: string,
  about: string,
  make: (topics: ConnectedTopics) => Promise<{ json: unknown; text: string }>,
): void {
  const command = parent.command(name).description(about).option("--json", "print JSON");
  withSettings(command).action(async (flags: Flags) => {
    const topics = await connectTopics(settingsOf(flags), "rustorium-shards");
    try {
      const { json, text } = await make(topics);
      process.stdout.write(`${flags.json === true ? JSON.stringify(json) : text}\n`);
    } finally {
      await topics.close();
    }
  });
}

function change(parent: Command, kind: ProposalKind, name: string, named: string[], about: string): void {
  let command = parent.command(name).description(`${about}; the main chain decides, operator.key signs`);
  for (const argument of named)
    command = command.argument(`<${argument}>`, "number of a shard, or its path, e.g. 1.2");
  withSettings(
    command
      .option("--reason <text>", "why, for the history", "by hand")
      .option("--timeout <seconds>", "how long to wait", "60")
      .option("--json", "print the decision as JSON"),
  ).action(async (...given: unknown[]) => {
    const texts = given.slice(0, named.length) as string[];
    process.exitCode = await decide(kind, texts, given[named.length] as Flags);
  });
}

async function decide(kind: ProposalKind, texts: readonly string[], flags: Flags): Promise<number> {
  const settings = settingsOf(flags);
  const timeoutMs = Number(flags.timeout) * 1_000;
  if (!(timeoutMs > 0)) throw usage(`--timeout ${String(flags.timeout)} is no number of seconds`);
  const { registry } = settings;
  if (!registry) throw new SettingError("no registry: --registry, RUSTORIUM_REGISTRY or rustorium.toml");
  const operator = new Home(settings.home, settings.network).topologyKey("operator");
  const topics = await connectTopics(settings, "rustorium-shards");
  try {
    const list = await listShards(topics);
    const shards = texts.map((text) => {
      const found = shardNamed(list, text);
      if (!found) throw usage(`there is no shard ${text}`, "UNKNOWN_SHARD");
      return found.shard;
    });
    const { epoch } = list;
    const what = { kind, shards, epoch, reason: String(flags.reason) };
    const decided = await propose(topics, registry, operator, what, timeoutMs);
    const isChange = decided.accepted && shards.length > 0;
    const begun = isChange ? await untilDone(topics, epoch + 1, timeoutMs) : [];
    const text =
      flags.json === true ? JSON.stringify({ kind, shards, ...decided, begun }) : said(decided, begun);
    process.stdout.write(`${text}\n`);
    return decided.accepted ? EXIT.ok : EXIT.wrong;
  } finally {
    await topics.close();
  }
}

function said({ accepted, code }: Decided, begun: readonly ListedShard[]): string {
  if (!accepted) return `refused: ${code}: ${PROPOSAL_REFUSALS[code as ProposalRefusal]}`;
  const names = begun.map(({ shard, path }) => `shard ${shard} (${path})`);
  return names.length > 0 ? `done: ${names.join(" and ")} began` : "done";
}

/** What was given on the command line can't be read, or names nothing. */
function usage(message: string, code = "BAD_USAGE"): Error {
  return Object.assign(new Error(message), { code });
}
