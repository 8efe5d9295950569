import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from "../../ledger/crypto/ed25519.js";
import type { SignedTransaction } from "../../schemas/generated.js";
import { GatewayError } from "../errors.js";

const EMPTY = Buffer.alloc(0);
const HEX = /^(?:[0-9a-fA-F]{2})+$/;

/**
 * Reads the JSON form of a signed transaction. Looks at its shape only: whether the bytes are a valid transaction is for
 * the stages to say.
 *
 * @param bytesMax most bytes of body, public key and signature together.
 * @throws GatewayError MALFORMED_TRANSACTION, UNKNOWN_SCHEME, TRANSACTION_TOO_LARGE.
 */
export function parseTransaction(json: unknown, bytesMax: number): SignedTransaction {
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw malformed("The body is no object.");
  const fields = json as Record<string, unknown>;
  const transaction = ofScheme(fields);
  const size = transaction.body.length + transaction.publicKey.length + transaction.signature.length;
  if (size > bytesMax) {
    throw new GatewayError("TRANSACTION_TOO_LARGE", `It has ${size} bytes, more than ${bytesMax}.`);
  }
  return transaction;
}

function ofScheme(fields: Record<string, unknown>): SignedTransaction {
  const { scheme } = fields;
  switch (scheme) {
    case "ethereum":
      expectFields(fields, ["scheme", "raw"]);
      return { scheme: "ETHEREUM", body: hexField(fields, "raw"), publicKey: EMPTY, signature: EMPTY };
    case "ed25519":
      expectFields(fields, ["scheme", "body", "publicKey", "signature"]);
      return {
        scheme: "ED25519",
        body: hexField(fields, "body"),
        publicKey: hexField(fields, "publicKey", PUBLIC_KEY_BYTES),
        signature: hexField(fields, "signature", SIGNATURE_BYTES),
      };
    case undefined:
      throw malformed("The field scheme is missing.");
    default:
      throw new GatewayError("UNKNOWN_SCHEME", 'The scheme is neither "ethereum" nor "ed25519".');
  }
}

/** A field nobody reads may be one that the sender relies on, so it is refused. */
function expectFields(fields: Record<string, unknown>, expected: readonly string[]): void {
  const unknown = Object.keys(fields).find((name) => !expected.includes(name));
  if (unknown !== undefined) throw malformed(`The field ${JSON.stringify(unknown.slice(0, 40))} is unknown.`);
}

function hexField(fields: Record<string, unknown>, name: string, length?: number): Buffer {
  const text = fields[name];
  if (text === undefined) throw malformed(`The field ${name} is missing.`);
  if (typeof text !== "string") throw malformed(`The field ${name} is no string.`);
  const digits = text.startsWith("0x") ? text.slice(2) : text;
  if (!HEX.test(digits)) throw malformed(`The field ${name} is no hex of whole bytes.`);
  const bytes = Buffer.from(digits, "hex");
  if (length !== undefined && bytes.length !== length) {
    throw malformed(`The field ${name} has ${bytes.length} bytes, not ${length}.`);
  }
  return bytes;
}

function malformed(message: string): GatewayError {
  return new GatewayError("MALFORMED_TRANSACTION", message);
}
