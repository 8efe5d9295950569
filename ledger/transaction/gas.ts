/**
 * Intrinsic gas, what a transaction costs before anything runs: Ethereum's (yellow paper, EIP-2028, EIP-2930), without
 * the floor of EIP-7623. The ED25519 scheme pays by the same rule.
 */

/** Gas of every transaction. */
export const TRANSACTION_GAS = 21_000;
/** Gas of a zero byte of data. */
export const ZERO_BYTE_GAS = 4;
/** Gas of any other byte of data. */
export const NONZERO_BYTE_GAS = 16;
/** Gas of an address in an access list. */
export const ACCESS_LIST_ADDRESS_GAS = 2_400;
/** Gas of a storage key in an access list. */
export const ACCESS_LIST_KEY_GAS = 1_900;

/** Gas of a transaction whose data are the bytes from `start` to before `end`. */
export function intrinsicGasOf(bytes: Uint8Array, start: number, end: number): number {
  let zeros = 0;
  for (let index = start; index < end; index++) if (bytes[index] === 0) zeros++;
  return TRANSACTION_GAS + zeros * ZERO_BYTE_GAS + (end - start - zeros) * NONZERO_BYTE_GAS;
}
