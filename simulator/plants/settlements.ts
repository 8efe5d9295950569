import { applyMessage } from "../../ledger/block/apply-message.js";
import type { PlantedBug, Seams } from "./plant.js";

type Rule = typeof applyMessage;

function everywhere(rule: Rule): Seams {
  return { environment: (environment) => ({ ...environment, planted: { applyMessage: rule } }) };
}

const refundAndCredit: Rule = (message, from, prefixes, context) =>
  applyMessage(
    message.kind === "CREDITED" ? { ...message, kind: "REFUSED" } : message,
    from,
    prefixes,
    context,
  );

const forwardTooLate: Rule = (message, from, prefixes, context) =>
  applyMessage(message, from, prefixes, message.kind === "PREPARE" ? { ...context, time: 0 } : context);

const escrowLeft: Rule = (message, from, prefixes, context) => {
  const { overlay } = context;
  const escrow = overlay.escrow(message.sender, message.transactionId);
  const outcome = applyMessage(message, from, prefixes, context);
  if (escrow && outcome?.receipt.kind === "COMPLETED") overlay.openEscrow(message.transactionId, escrow);
  return outcome;
};

/** Wrong rules for transfers between shards, on which everybody agrees. */
export const settlementPlants = {
  "refund-and-credit": {
    about: "The sender gets back what the recipient was credited.",
    found: { seed: 2, invariant: "both-or-neither" },
    make: () => everywhere(refundAndCredit),
  },
  "forward-too-late": {
    about: "The main chain forwards a transfer whose deadline has passed.",
    found: { seed: 5, invariant: "both-or-neither" },
    make: () => everywhere(forwardTooLate),
  },
  "escrow-left": {
    about: "The escrow of a completed transfer stays open.",
    found: { seed: 2, invariant: "value-conserved" },
    make: () => everywhere(escrowLeft),
  },
} satisfies Record<string, PlantedBug>;
