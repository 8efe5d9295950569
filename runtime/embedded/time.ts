/** Waits; the only place in this folder that does, so that every pause is easy to find. */
export function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}

/** Milliseconds since `startMs` (of performance.now()), as "3.4 s". */
export function secondsSince(startMs: number): string {
  return `${((performance.now() - startMs) / 1000).toFixed(1)} s`;
}
