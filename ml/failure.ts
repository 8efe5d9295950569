/** Why input of this folder is refused; the codes are stable. */
export type MlErrorCode =
  | "SERIES_EMPTY"
  | "SERIES_TOO_SHORT"
  | "SERIES_TOO_LONG"
  | "SERIES_UNREADABLE"
  | "MODEL_UNREADABLE"
  | "MODEL_HASH_MISMATCH"
  | "BACKEND_MISSING";

export class MlError extends Error {
  constructor(
    readonly code: MlErrorCode,
    message: string,
  ) {
    super(message);
    this.name = "MlError";
  }
}
