import { auditWhenQuiet } from "../../runtime/session/audit-when-quiet.js";
import type { GeneratedTransfers } from "../load/generated.js";
import type { Load } from "../load/load.js";
import type { ChaosNetwork } from "../network/chaos-network.js";
import { within } from "../wait.js";
import { compareBalances } from "./balances.js";
import { checkOutcomes } from "./outcomes.js";
import { compareRebuilt } from "./rebuild.js";
import { untilCertified } from "./roots.js";

/** Without any submission ending for this long, those left count as lost, in milliseconds. */
const STALL_MS = 120_000;

/** What must hold when everything is quiet. */
export interface Verdict {
  readonly submitted: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly valueConserved: boolean;
  /** Whether each shard's log, executed from offset 0, leads to the certified heads and roots, shard.state and the local stores. */
  readonly rebuiltEqual: boolean;
  readonly certificatesVerified: number;
  readonly wrong: readonly string[];
}

/** Waits until everything has its last status, then checks all of it with fresh readers. The processes are stopped. */
export async function judge(
  network: ChaosNetwork,
  load: Load,
  generated: GeneratedTransfers,
): Promise<Verdict> {
  const { environment, say } = network;
  say("the load has stopped; waiting for every last status");
  let left = load.inFlight;
  let lastEndMs = Date.now();
  await within(Number.POSITIVE_INFINITY, () => {
    if (load.inFlight !== left) lastEndMs = Date.now();
    left = load.inFlight;
    return left === 0 || Date.now() - lastEndMs > STALL_MS;
  });
  say("waiting for the last states to be certified");
  const certified = await untilCertified(environment);
  say("fresh readers check the chain");
  const audited = await auditWhenQuiet(environment.network, environment.reader);
  const outcomes = await checkOutcomes(environment, load.submitted);
  const balances = await compareBalances(environment, generated);
  await network.stopProcesses();
  say("each shard's log is executed again from offset 0");
  const different = await compareRebuilt(network, audited, certified.checkpoints);
  return {
    submitted: load.submitted.length,
    lost: outcomes.lost,
    duplicated: Math.max(outcomes.duplicated, load.tracker.duplicated),
    valueConserved: audited.valueConserved && balances.length === 0,
    rebuiltEqual: different.length === 0,
    certificatesVerified: audited.certificatesVerified,
    wrong: [
      ...(audited.inEscrow === 0n ? [] : [`${audited.inEscrow} is left in escrow`]),
      ...certified.wrong,
      ...audited.faults,
      ...outcomes.wrong,
      ...balances,
      ...different,
    ],
  };
}

/** Whether nothing is wrong. */
export function isSound(verdict: Omit<Verdict, "submitted" | "certificatesVerified">): boolean {
  const { lost, duplicated, valueConserved, rebuiltEqual, wrong } = verdict;
  return lost === 0 && duplicated === 0 && valueConserved && rebuiltEqual && wrong.length === 0;
}
