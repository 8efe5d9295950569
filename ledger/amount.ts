/**
 * Amounts are bigints in 10^-18 RUS, from 0 to below 10^38, so that one fits Avro `decimal(38,0)` and wei fit as they
 * are. What leaves the range is an expected refusal: undefined, not an exception.
 */

/** No amount reaches this. */
export const AMOUNT_LIMIT = 10n ** 38n;
/** One RUS. */
export const ONE_RUS = 10n ** 18n;
const DECIMALS = 18;

/** Whether a number is an amount: at least 0 and below the limit. */
export function isAmount(value: bigint): boolean {
  return value >= 0n && value < AMOUNT_LIMIT;
}

/** The sum of two amounts; undefined when it reaches the limit. */
export function addAmounts(left: bigint, right: bigint): bigint | undefined {
  const sum = left + right;
  return sum < AMOUNT_LIMIT ? sum : undefined;
}

/** What is left of an amount; undefined when it would fall below 0. */
export function subtractAmounts(left: bigint, right: bigint): bigint | undefined {
  return left >= right ? left - right : undefined;
}

/** Writes an amount in RUS with as many decimals as needed: `1`, `0.000000000000000001`. */
export function formatRus(amount: bigint): string {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(DECIMALS + 1, "0");
  const whole = digits.slice(0, -DECIMALS);
  const fraction = digits.slice(-DECIMALS).replace(/0+$/, "");
  return `${amount < 0n ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}

/** Longest text taken for an amount: 20 digits, the point, 18 decimals. */
const RUS_TEXT = /^(\d{1,20})(?:\.(\d{1,18}))?$/;

/** Reads an amount written in RUS with up to 18 decimals; undefined when the text is anything else. */
export function parseRus(text: string): bigint | undefined {
  const match = RUS_TEXT.exec(text);
  if (!match) return undefined;
  return BigInt(match[1]!) * ONE_RUS + BigInt((match[2] ?? "").padEnd(DECIMALS, "0"));
}
