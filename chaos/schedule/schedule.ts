import type { Chance } from "../../simulator/kernel/random.js";
import { shuffled } from "./random.js";

/** Fault classes in rounds, for ever: each round has every class once, in an order of its own that the seed decides. */
export function* rounds<T>(classes: readonly T[], chance: Chance): Generator<T, never> {
  if (classes.length === 0) throw new RangeError("a schedule needs a class");
  let last: T | undefined;
  for (;;) {
    const round = shuffled(classes, chance);
    // The same class at once again would hit what is still recovering from it.
    if (round.length > 1 && round[0] === last) round.push(round.shift()!);
    for (const name of round) yield name;
    last = round.at(-1);
  }
}

/** Of four strikes in a row three are of one class; the fourth ones are rounds of the others. */
export function* mostly<T>(main: T, others: readonly T[], chance: Chance): Generator<T, never> {
  const between = others.length === 0 ? undefined : rounds(others, chance);
  for (;;) {
    for (let count = 1; count < ONE_OTHER_IN; count++) yield main;
    yield between ? between.next().value : main;
  }
}

const ONE_OTHER_IN = 4;
