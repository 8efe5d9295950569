/** Whether signatures are real in this thread's current seed. */
let isReal = false;

export function useRealSignatures(real: boolean): void {
  isReal = real;
}

export function signaturesAreReal(): boolean {
  return isReal;
}
