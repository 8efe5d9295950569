/** Exit codes: 0 done, 1 done and found wrong, 2 could not be done (bad input, nothing answers). */
export const EXIT = { ok: 0, wrong: 1, failed: 2 } as const;

/** Says in one line what went wrong, with its stable code, and ends the process. @param program who says so */
export function failWith(error: unknown, program = "rustorium"): never {
  const code = (error as { code?: string }).code;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${program}: ${code ? `${code}: ` : ""}${message}\n`);
  if (process.env.RUSTORIUM_TRACE && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  process.exit(EXIT.failed);
}
