/** What can go wrong while the embedded system starts, each with a code that does not change between versions. */
export type EmbeddedErrorCode =
  | "JAVA_MISSING"
  | "MAVEN_MISSING"
  | "FETCH_FAILED"
  | "FETCH_LOCK_TIMEOUT"
  | "DATA_DIRECTORY_IN_USE"
  | "PORT_IN_USE"
  | "BROKER_FORMAT_FAILED"
  | "BROKER_START_FAILED"
  | "BROKER_START_TIMEOUT"
  | "REGISTRY_START_FAILED"
  | "REGISTRY_START_TIMEOUT"
  | "DOCKER_FAILED";

/** A failure that a user can act on: the message says what happened and what to do. */
export class EmbeddedError extends Error {
  readonly code: EmbeddedErrorCode;

  constructor(code: EmbeddedErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "EmbeddedError";
    this.code = code;
  }
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
