export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

export function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** Each value rounded, by its name. */
export function roundedRecord(map: ReadonlyMap<string, number>, digits: number): Record<string, number> {
  return Object.fromEntries(Array.from(map, ([name, value]) => [name, rounded(value, digits)]));
}
