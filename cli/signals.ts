/** Resolves at the first SIGINT or SIGTERM, or when the parent that started this process is gone. */
export function stopRequested(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
    if (process.send) process.once("disconnect", () => resolve());
  });
}
