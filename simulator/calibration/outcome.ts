/** What kafkajs refuses by itself, without asking the broker. */
const REFUSED_BY_CLIENT = "refused by the client";
/** A cause of a cause of …: deeper than kafkajs wraps. */
const CAUSES_MAX = 8;

interface PossibleError {
  readonly type?: unknown;
  readonly code?: unknown;
  readonly cause?: unknown;
}

/**
 * What an error says, the same for both clusters: the protocol's name of the error that is at the bottom of it (kafkajs
 * wraps it in errors of its own, by whether and how often it tried again), or that the client refused without asking the
 * broker. Messages and classes differ, and nobody in `runtime` looks at them.
 */
export function kindOf(error: unknown): string {
  let current = error;
  for (let depth = 0; depth < CAUSES_MAX && current instanceof Error; depth++) {
    const { type, code, cause } = current as PossibleError;
    if (typeof type === "string") return type;
    if (code === "OFFSET_OUT_OF_RANGE") return code;
    current = cause;
  }
  return REFUSED_BY_CLIENT;
}

/** "done", or what kind of error came instead. */
export async function outcome(attempt: () => unknown): Promise<string> {
  try {
    await attempt();
    return "done";
  } catch (error) {
    return kindOf(error);
  }
}
