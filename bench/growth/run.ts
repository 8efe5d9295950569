import { rounded } from "../measure/numbers.js";
import { type PipelineOptions, type PipelineReport, runPipeline } from "../pipeline/run.js";

/** The same load on few and on many accounts. */
export interface GrowthReport {
  readonly scenario: "growth";
  readonly few: PipelineReport;
  readonly many: PipelineReport;
  /** Ratio to the signature limit with many accounts over that with few. */
  readonly kept: number;
}

const FACTOR = 10;

/** Measures the pipeline with the accounts asked for, and with ten times as many. */
export async function runGrowth(options: PipelineOptions): Promise<GrowthReport> {
  const few = await runPipeline(options);
  const many = await runPipeline({ ...options, accounts: FACTOR * options.accounts });
  const kept = rounded(many.ratioToSignatureLimit / few.ratioToSignatureLimit, 3);
  return { scenario: "growth", few, many, kept };
}
