import type { Tracked } from "../../runtime/session/tracker.js";
import type { SignedTransaction } from "../../schemas/generated.js";

/** What must become of a transaction. */
export type Expectation =
  /** It takes effect once, however often it is published. */
  | { readonly kind: "applied" }
  /** validate refuses it with this code. */
  | { readonly kind: "rejected"; readonly code: string }
  /** A real one: it ends in some way, in one way. */
  | { readonly kind: "any" };

/** A record to publish. */
export interface Publication {
  /** Whose it is, as text: those of one sender go out in order. */
  readonly queue: string;
  readonly key: Buffer | null;
  readonly content: { readonly transaction: SignedTransaction } | { readonly bytes: Buffer | null };
  /** undefined: it is nobody's. */
  readonly sender: Buffer | undefined;
  readonly expectation: Expectation;
}

/** A publication that the broker acknowledged. */
export interface Submitted {
  readonly publication: Publication;
  readonly tracked: Tracked;
}
