// Writes the AssemblyScript of the kernel's constants: limbs, in Montgomery's form.

import { P } from "./field.mjs";
import { limbsOf, montgomery } from "./layout.mjs";
import { FULL_ROUNDS, PARTIAL_ROUNDS } from "./parameters.mjs";
import { poseidonSchedule } from "./schedule.mjs";

/** What the coefficients over fifth powers of plain numbers need: x^5 has lost four factors, and the form adds one. */
const AFTER_PLAIN = 6;

function data(name, values) {
  const limbs = values.flatMap(limbsOf);
  return `export const ${name} = memory.data<u32>([${limbs.join(", ")}]);`;
}

export function constantsSource() {
  const { start, before, step, stepConstants, leave, after } = poseidonSchedule();
  const inForm = (row, power = 1) => [
    ...row.slice(0, -1).map((value) => montgomery(value, power)),
    montgomery(row.at(-1)),
  ];
  // Numbers come in and go out plain: the first round's matrix takes them into Montgomery's form, and the last one's
  // takes them out.
  const [first, ...others] = before;
  const last = after.at(-1)[0];
  return [
    data("ORDER", [P]),
    data("START", start),
    data(
      "BEFORE",
      [
        first.map((row) => inForm(row, AFTER_PLAIN)),
        others.map((forms) => forms.map((row) => inForm(row))),
      ].flat(3),
    ),
    data(
      "STEP",
      step.map((value) => montgomery(value)),
    ),
    data(
      "STEP_CONSTANTS",
      stepConstants.map((value) => montgomery(value)),
    ),
    data(
      "LEAVE",
      leave.flatMap((row) => inForm(row)),
    ),
    data(
      "AFTER",
      after
        .slice(0, -1)
        .flat()
        .flatMap((row) => inForm(row)),
    ),
    data("LAST", last),
    `export const FULL_ROUNDS: i32 = ${FULL_ROUNDS};`,
    `export const PARTIAL_ROUNDS: i32 = ${PARTIAL_ROUNDS};`,
  ].join("\n");
}
