/** Resolves when the condition holds; looks every `everyMs` milliseconds. */
export async function waitFor(condition: () => boolean, everyMs: number): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, everyMs));
}
