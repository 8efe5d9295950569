/** What must hold, whatever happens to the network; README.md says what each means and when it is looked at. */
export type InvariantName =
  | "value-conserved"
  | "nothing-negative"
  | "applied-once"
  | "ended-once"
  | "nonces-contiguous"
  | "one-block-a-height"
  | "prefix-final"
  | "certificate-valid"
  | "vote-valid"
  | "one-vote-a-height"
  | "same-state"
  | "both-or-neither"
  | "settled-once"
  | "settled-in-time"
  | "no-escrow-left"
  | "children-equal-parent"
  | "one-owner"
  | "sender-order"
  | "store-equals-topics"
  | "final-needs-certificate"
  | "bounded"
  | "lag-zero"
  | "judged-rightly"
  | "notified-rightly"
  | "written-once"
  | "readable";

export interface Violation {
  readonly invariant: InvariantName;
  /** A sentence for people; not stable. */
  readonly detail: string;
}

/** Takes what was found wrong. */
export type Report = (invariant: InvariantName, detail: string) => void;
