/** @throws RangeError */
export function oneOf<T extends string>(names: readonly T[], text: string, flag: string): T {
  const name = names.find((known) => known === text);
  if (!name) throw new RangeError(`${flag} ${text} is none of ${names.join(", ")}`);
  return name;
}

/** @throws RangeError */
export function numberIn(text: string, flag: string, least: number, most: number, isWhole = false): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= least && value <= most) || (isWhole && !Number.isInteger(value)))
    throw new RangeError(`${flag} ${text} is no ${isWhole ? "whole " : ""}number from ${least} to ${most}`);
  return value;
}
