import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { DEFAULT_PARAMETERS } from "../../ledger/genesis/genesis.js";
import { openLog } from "../../runtime/log.js";
import { openEnvironment } from "../../runtime/process/environment.js";
import { auditWhenQuiet } from "../../runtime/session/audit-when-quiet.js";
import { describeLatency, latencyOf } from "../../runtime/session/figures.js";
import { followNotifications } from "../../runtime/session/follow.js";
import { Publisher } from "../../runtime/session/publisher.js";
import { signatureLimitTps, signatureRate } from "../../runtime/session/signature-rate.js";
import { startSystem } from "../../runtime/session/system.js";
import { type Tracked, Tracker } from "../../runtime/session/tracker.js";
import { EXIT } from "../failure.js";
import { PROJECT_ROOT } from "../project-root.js";
import { settingsOf, withSettings } from "../settings-flags.js";
import { waitFor } from "../wait.js";
import { readExpected, readTransactions, sendersOf } from "./input.js";
import { isGood, type ReplayReport, reportOf } from "./report.js";

/** Chain id of the Ethereum mainnet. */
const MAINNET = 1;
/** Transactions published but not ended; more wait, so that latency is the ledger's and not a queue's. */
const IN_FLIGHT_MAX = 4_000;
/** Without any transaction ending for this long, those left count as lost, in milliseconds. */
const STALL_MS = 30_000;

const PROGRESS_MS = 5_000;

interface ReplayFlags extends Record<string, unknown> {
  readonly expect?: string;
  readonly allowUnprotected?: boolean;
  readonly json?: boolean;
  readonly limit?: string;
  readonly rate?: string;
}

/** `rustorium replay FILE`: real Ethereum transactions through a network of their own, and what became of each. */
export function replayCommand(program: Command): void {
  withSettings(
    program
      .command("replay")
      .description(
        "publish real Ethereum transactions to a fresh network, wait for each one's last status, and report",
      )
      .argument("<file>", "one raw transaction in hex a line, gzip or plain")
      .option("--expect <csv>", "compare senders and hashes with this file's columns from and hash")
      .option("--allow-unprotected", "take transactions without chain id (before EIP-155)")
      .option("--limit <number>", "only the first so many")
      .option("--rate <number>", "transactions a second to publish (default: as many as the ledger takes)")
      .option("--json", "print the report as one JSON object"),
  ).action(async (file: string, flags: ReplayFlags) => {
    const say = (line: string) => process.stderr.write(`${line}\n`);
    const { code, report } = await replay(file, flags, say);
    process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : `${render(report)}\n`);
    process.exit(code);
  });
}

async function replay(file: string, flags: ReplayFlags, say: (line: string) => void) {
  const rules = {
    chainId: MAINNET,
    transactionBytesMax: DEFAULT_PARAMETERS.transactionBytesMax,
    allowUnprotected: flags.allowUnprotected === true,
  };
  const limit = flags.limit === undefined ? Number.POSITIVE_INFINITY : Number(flags.limit);
  const transactions = readTransactions(file, rules).slice(0, limit);
  const expected = flags.expect === undefined ? undefined : readExpected(flags.expect);
  const accounts = sendersOf(transactions);
  say(`${transactions.length} transactions, ${accounts.length} senders`);

  // A chain of its own beside whatever else runs: its own directory, and on a configured cluster its own prefix.
  const given = settingsOf(flags);
  const home = await mkdtemp(join(tmpdir(), "rustorium-replay-"));
  const settings = { ...given, home, network: `replay-${Date.now().toString(36)}` };
  const log = await openLog(settings, "replay");
  const checksBefore = signatureRate();
  const plan = {
    chainId: MAINNET,
    consensus: "hybrid-pos" as const,
    validators: 4,
    shards: 4 as const,
    parameters: { allowUnprotected: rules.allowUnprotected },
    accounts,
  };
  const system = await startSystem(settings, plan, PROJECT_ROOT, { fresh: false, say, log });
  const interrupted = () => void system.stop().then(() => process.exit(EXIT.failed));
  process.once("SIGINT", interrupted);
  process.once("SIGTERM", interrupted);
  let report: ReplayReport | undefined;
  try {
    const environment = await openEnvironment(system.settings, "rustorium-replay", log);
    const { kafka, network, schemaIds, reader } = environment;
    const { sourcePartitions } = network.genesis;
    let lastEndMs = Date.now();
    let recent: Tracked[] = [];
    const tracker = new Tracker((tracked) => {
      lastEndMs = Date.now();
      recent.push(tracked);
    });
    const following = await followNotifications(kafka, settings.network, (notification) =>
      tracker.take(notification, Date.now()),
    );
    const publisher = new Publisher(
      kafka,
      settings.network,
      schemaIds.get("transactions")!,
      sourcePartitions,
    );
    const submissions: Tracked[] = [];
    const progress = setInterval(() => {
      const pre = latencyOf(recent, "preconfirmedMs");
      const final = latencyOf(recent, "finalMs");
      recent = [];
      say(
        `published ${submissions.length} of ${transactions.length}, ended ${submissions.length - tracker.pending}; ` +
          `lately pre-confirmed p99 ${pre?.p99 ?? "-"} ms, final p99 ${final?.p99 ?? "-"} ms`,
      );
    }, PROGRESS_MS);
    const rate = flags.rate === undefined ? undefined : Number(flags.rate);
    const startMs = Date.now();
    const acknowledgements: Promise<void>[] = [];
    for (const [index, { transaction, sender }] of transactions.entries()) {
      if (rate !== undefined) {
        const dueMs = startMs + (index * 1_000) / rate;
        if (dueMs > Date.now()) await new Promise((resolve) => setTimeout(resolve, dueMs - Date.now()));
      }
      const inFlight = () => index - (tracker.submissions.size - tracker.pending);
      if (inFlight() >= IN_FLIGHT_MAX) {
        await waitFor(() => inFlight() < IN_FLIGHT_MAX || Date.now() - lastEndMs > STALL_MS, 5);
      }
      const sentMs = Date.now();
      const published = publisher.publish(sender ?? null, transaction).then((submission) => {
        submissions[index] = tracker.submitted(submission, sentMs);
      });
      acknowledgements.push(published);
      if (index % 100 === 99) await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(acknowledgements);
    lastEndMs = Date.now();
    await waitFor(() => tracker.pending === 0 || Date.now() - lastEndMs > STALL_MS, 50);
    clearInterval(progress);
    say("all ended; a fresh reader verifies the chain");
    const audited = await auditWhenQuiet(network, reader);
    await following.stop();
    await publisher.close();
    await environment.close();
    await system.stop();
    const checksPerSecond = (checksBefore + signatureRate()) / 2;
    const limitTps = signatureLimitTps(checksPerSecond, plan.validators);
    report = reportOf(submissions, tracker, expected, audited, limitTps);
    return { report, code: isGood(report) ? EXIT.ok : EXIT.wrong };
  } finally {
    await system.stop();
    // What went wrong is in its topics and logs.
    if (report && isGood(report)) await rm(home, { recursive: true, force: true });
    else say(`kept for inspection: ${home}`);
  }
}

function render(report: ReplayReport): string {
  return [
    `submitted ${report.submitted}, applied ${report.final}, lost ${report.lost}, twice ${report.duplicated}`,
    ...Object.entries(report.rejected).map(([code, count]) => `  refused ${code}: ${count}`),
    `senders matched ${report.sendersMatched ?? "-"}, hashes matched ${report.hashesMatched ?? "-"}`,
    `value conserved: ${report.valueConserved ? "yes" : "NO"}; certificates verified ${report.certificatesVerified}`,
    `${report.tps} final transactions a second; ${report.completedTps} with transfers between shards completed`,
    `${report.ratioToSignatureLimit} of the ${report.signatureLimitTps} a second that signature checks alone allow`,
    [
      describeLatency("pre-confirmed", report.preconfirmMs),
      describeLatency("final", report.finalMs),
      describeLatency("completed", report.completeMs),
    ].join("; "),
    ...report.shards.map(
      ({ id, height, headHash }) => `shard ${id}: height ${height}, head ${headHash.slice(0, 16)}…`,
    ),
    ...report.faults.map((fault) => `fault: ${fault}`),
  ].join("\n");
}
