import { type MacContent, type MacKey, withMac } from "../../processors/mac.js";
import { codec } from "../../schemas/codec.js";

/** The MAC that validate gives a transaction. */
export function macOf(content: MacContent, key: MacKey): Buffer {
  return codec("ValidatedTransaction").decode(withMac(content, key))!.mac;
}
