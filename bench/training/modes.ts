/** What runs beside the stages: no scaler, one that doesn't train, one that trains without a pause. */
export const MODES = ["none", "idle", "training"] as const;
export type Mode = (typeof MODES)[number];

/**
 * Processes of scalers, of which those that a mode doesn't want stand still, so that nothing has to start again. One that
 * stands still for longer than a request to the broker may take (15 s) gives up.
 */
export class Scalers {
  constructor(
    private readonly idlePid: number,
    private readonly trainingPid: number,
  ) {}

  /** Lets only the mode's process go on. */
  turnTo(mode: Mode): void {
    process.kill(this.idlePid, mode === "idle" ? "SIGCONT" : "SIGSTOP");
    process.kill(this.trainingPid, mode === "training" ? "SIGCONT" : "SIGSTOP");
  }

  /** Lets all go on, so that they can be stopped. */
  release(): void {
    process.kill(this.idlePid, "SIGCONT");
    process.kill(this.trainingPid, "SIGCONT");
  }
}

/** One time in a mode, measured. */
export interface Span {
  readonly round: number;
  readonly mode: Mode;
  /** Transactions that ended a second. */
  readonly endedTps: number;
  /** Processor time of the mode's scaler, in cores. */
  readonly scalerCores: number;
}

/** A mode beside another that it was measured next to, round by round. */
export interface Compared {
  /** Throughput over the other's: geometric mean of the rounds' ratios. */
  readonly ratio: number;
  /** 95 % of such means lie between them, by the rounds' scatter; null with a single round. */
  readonly between: readonly [number, number] | null;
}

/** Half of the width of 95 % of a normal distribution, in standard errors. */
const ERRORS_95 = 1.96;

export function compared(spans: readonly Span[], mode: Mode, other: Mode): Compared {
  const of = (wanted: Mode) =>
    new Map(spans.filter((one) => one.mode === wanted).map((one) => [one.round, one]));
  const others = of(other);
  const logs = [...of(mode)].flatMap(([round, { endedTps }]) => {
    const beside = others.get(round);
    return beside ? [Math.log(endedTps / beside.endedTps)] : [];
  });
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  const ratio = round3(Math.exp(mean));
  if (logs.length < 2) return { ratio, between: null };
  const variance = logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / (logs.length - 1);
  const error = ERRORS_95 * Math.sqrt(variance / logs.length);
  return { ratio, between: [round3(Math.exp(mean - error)), round3(Math.exp(mean + error))] };
}

const round3 = (value: number) => Math.round(1_000 * value) / 1_000;
