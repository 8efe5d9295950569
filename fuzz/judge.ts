import { type Outcome, type Target, Violation } from "./target.js";

/** Longest that one case may take, in milliseconds of computing, the quickest of three. */
export const CASE_MS_MAX = 100;
const ATTEMPTS = 3;

export type Verdict =
  | { readonly ok: true; readonly codes: readonly string[]; readonly ms: number }
  | { readonly ok: false; readonly what: string; readonly ms: number };

/**
 * Runs one case and checks what holds for every target: nothing is thrown, it is quick, each code is of the closed list,
 * the input is unchanged.
 *
 * @param twice also that reading it again gives the same
 */
export async function judge(target: Target, input: Buffer, twice: boolean): Promise<Verdict> {
  const before = Buffer.from(input);
  const first = await attempt(target, input);
  let { ms } = first;
  if (!first.ok) return first;
  // A collection of garbage or another process is no fault of the target: it is one if it is slow every time.
  for (let left = ATTEMPTS - 1; left > 0 && ms > CASE_MS_MAX; left--) {
    ms = Math.min(ms, (await attempt(target, input)).ms);
  }
  if (ms > CASE_MS_MAX) return { ok: false, what: `slower than ${CASE_MS_MAX} ms`, ms };
  const unknown = first.codes.find((code) => !target.codes.has(code));
  if (unknown !== undefined) return { ok: false, what: `no such code: ${unknown.slice(0, 100)}`, ms };
  if (!before.equals(input)) return { ok: false, what: "the input was changed", ms };
  if (!twice) return { ...first, ms };
  const second = await attempt(target, input);
  if (!second.ok) return { ...second, what: `the second time: ${second.what}` };
  return second.codes.join() === first.codes.join()
    ? { ...first, ms }
    : { ok: false, what: "another outcome the second time", ms };
}

async function attempt(target: Target, input: Buffer): Promise<Verdict> {
  const [startMs, startCpu] = [performance.now(), process.cpuUsage()];
  // Of the time that passed and the time that was computed the less: other processes take the first, our compiler the second.
  const elapsedMs = () => {
    const { user, system } = process.cpuUsage(startCpu);
    return Math.min(performance.now() - startMs, (user + system) / 1_000);
  };
  try {
    const outcome: Outcome | Promise<Outcome> = target.check(input);
    const codes = outcome instanceof Promise ? await outcome : outcome;
    return { ok: true, codes: typeof codes === "string" ? [codes] : codes, ms: elapsedMs() };
  } catch (error) {
    return { ok: false, what: describe(error), ms: elapsedMs() };
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${String(error)}`;
  if (error instanceof Violation) return error.message;
  const place = /\/((?:schemas|ledger|processors|runtime|gateway|fuzz)\/[^):]+):\d+/.exec(error.stack ?? "");
  return `threw ${error.name}: ${error.message.slice(0, 200)}${place ? ` in ${place[1]}` : ""}`;
}
