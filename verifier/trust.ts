import { fromHex } from "./bytes.js";

declare const checked: unique symbol;

/** A validator whose signatures count. */
export interface TrustedValidator {
  readonly validator: number;
  /** Ed25519 key, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** Whole RUS, above 0. */
  readonly stake: number;
}

/** Whom the holder of a trust file believes. Only `parseTrust` makes one, so its rules hold. */
export interface Trust {
  readonly [checked]: true;
  /** Hash of the genesis, 32 bytes. */
  readonly genesis: Uint8Array;
  readonly consensus: "hybrid-pos" | "solo";
  /** Highest topology epoch that is known. */
  readonly epoch: number;
  /** By number. */
  readonly validators: ReadonlyMap<number, TrustedValidator>;
  /** Stake of all, in whole RUS. */
  readonly totalStake: number;
}

export type ParsedTrust =
  | { readonly ok: true; readonly trust: Trust }
  /** `message` is one sentence for people. */
  | { readonly ok: false; readonly message: string };

/** Characters of a trust file: some ten thousand validators. */
export const TRUST_CHARACTERS_MAX = 2 ** 20;
/** Most stake of all validators together, in whole RUS: the ledger's own bound. */
export const TRUST_STAKE_MAX = Number.MAX_SAFE_INTEGER - 1;

const HASH_BYTES = 32;
const PUBLIC_KEY_BYTES = 32;
const VALIDATOR_MAX = 2 ** 31 - 1;

type Fields = Readonly<Record<string, unknown>>;

/** Reads validators.json; never throws, whatever the text. Fields that are not known here are passed over. */
export function parseTrust(text: string): ParsedTrust {
  if (text.length > TRUST_CHARACTERS_MAX)
    return refused(`the trust file has more than ${TRUST_CHARACTERS_MAX} characters`);
  const file = fieldsOf(parsed(text));
  if (!file) return refused("the trust file is no JSON object");
  const { format, version, consensus, epoch } = file;
  if (format !== "rustorium-trust") return refused('the trust file has not the format "rustorium-trust"');
  if (version !== 1) return refused(`version ${shown(version)} of the trust file is not known: only 1 is`);
  const genesis = hexOf(file.genesis, HASH_BYTES);
  if (!genesis) return refused("genesis must be 64 lower-case hex digits");
  if (consensus !== "hybrid-pos" && consensus !== "solo")
    return refused(`consensus ${shown(consensus)} is not known: hybrid-pos or solo`);
  if (!isWhole(epoch, 0, Number.MAX_SAFE_INTEGER)) return refused("epoch must be a whole number from 0 on");
  if (!Array.isArray(file.validators)) return refused("validators must be a list");
  const validators = new Map<number, TrustedValidator>();
  let total = 0n;
  for (const [index, item] of (file.validators as readonly unknown[]).entries()) {
    const validator = validatorOf(item);
    if (typeof validator === "string") return refused(`validators[${index}]: ${validator}`);
    if (validators.has(validator.validator))
      return refused(`validators[${index}]: number ${validator.validator} is used twice`);
    validators.set(validator.validator, validator);
    total += BigInt(validator.stake);
  }
  if (validators.size === 0) return refused("there must be at least one validator");
  if (consensus === "solo" && validators.size !== 1) return refused("solo needs exactly one validator");
  if (total > BigInt(TRUST_STAKE_MAX)) return refused(`all stakes together are above ${TRUST_STAKE_MAX}`);
  const trust = { genesis, consensus, epoch, validators, totalStake: Number(total) } as Omit<
    Trust,
    typeof checked
  > as Trust;
  return { ok: true, trust };
}

/** Whether so much signed stake (whole RUS) certifies: strictly more than two thirds; of solo the one validator's. */
export function isQuorum({ consensus, totalStake }: Trust, signedStake: number): boolean {
  return consensus === "solo"
    ? signedStake >= totalStake
    : 3n * BigInt(signedStake) > 2n * BigInt(totalStake);
}

/** A text says what is wrong. */
function validatorOf(item: unknown): TrustedValidator | string {
  const fields = fieldsOf(item);
  if (!fields) return "not an object";
  const { validator, stake } = fields;
  if (!isWhole(validator, 1, VALIDATOR_MAX)) return "validator must be a whole number from 1 on";
  const publicKey = hexOf(fields.publicKey, PUBLIC_KEY_BYTES);
  if (!publicKey) return "publicKey must be 64 lower-case hex digits";
  if (!isWhole(stake, 1, TRUST_STAKE_MAX)) return "stake must be a whole number above 0";
  return { validator, publicKey, stake };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function hexOf(value: unknown, size: number): Uint8Array | undefined {
  return typeof value === "string" ? fromHex(value, size) : undefined;
}

function isWhole(value: unknown, min: number, max: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
}

/** What a file says, short enough for a message. */
function shown(value: unknown): string {
  return (JSON.stringify(value) ?? "(none)").slice(0, 40);
}

function refused(message: string): ParsedTrust {
  return { ok: false, message };
}
