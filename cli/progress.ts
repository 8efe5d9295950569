/** Writes progress to standard error, each line after the seconds since this was called. */
export function progressSince(): (line: string) => void {
  const startedMs = performance.now();
  return (line) => {
    const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
    process.stderr.write(`${seconds.padStart(SECONDS_WIDTH)}s ${line}\n`);
  };
}

const SECONDS_WIDTH = 7;
