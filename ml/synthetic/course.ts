import type { Random } from "../random.js";
import { between, logBetween } from "./noise.js";

/** Transactions a second that a course stays between, where it isn't idle. */
const LEVEL_MIN = 0.2;
const LEVEL_MAX = 20_000;

/** What happens next to a load: appends it to the course, and says at which level it ends. */
type Piece = (course: number[], level: number, random: Random) => number;

const clamped = (level: number) => Math.min(LEVEL_MAX, Math.max(LEVEL_MIN, level));
const seconds = (random: Random, least: number, most: number) => Math.round(logBetween(random, least, most));

function hold(course: number[], level: number, count: number): void {
  for (let at = 0; at < count; at++) course.push(level);
}

function elsewhere(level: number, random: Random): number {
  const factor = logBetween(random, 1.3, 12);
  return clamped(random() < 0.55 ? level * factor : level / factor);
}

const calm: Piece = (course, level, random) => {
  hold(course, level, seconds(random, 5, 150));
  return level;
};

/** From two seconds to minutes; mostly straight, else by a constant factor a second. */
const ramp: Piece = (course, level, random) => {
  const to = elsewhere(level, random);
  const count = seconds(random, 2, 180);
  const isStraight = random() < 0.8;
  for (let at = 1; at <= count; at++) {
    const share = at / count;
    course.push(isStraight ? level + share * (to - level) : level * (to / level) ** share);
  }
  hold(course, to, seconds(random, 2, 60));
  return to;
};

const wave: Piece = (course, level, random) => {
  const period = logBetween(random, 15, 900);
  const height = between(random, 0.1, 0.7);
  const count = Math.round(period * between(random, 0.5, 2.5));
  for (let at = 0; at < count; at++)
    course.push(level * (1 + height * Math.sin((2 * Math.PI * at) / period)));
  return clamped(course.at(-1)!);
};

const step: Piece = (course, level, random) => {
  const to = elsewhere(level, random);
  hold(course, to, seconds(random, 4, 90));
  return to;
};

const burst: Piece = (course, level, random) => {
  hold(course, clamped(level * logBetween(random, 1.5, 6)), seconds(random, 1, 6));
  hold(course, level, seconds(random, 5, 60));
  return level;
};

const onAndOff: Piece = (course, level, random) => {
  const low = level * between(random, 0, 0.5);
  const on = seconds(random, 2, 40);
  const off = seconds(random, 2, 40);
  for (let times = seconds(random, 2, 6); times > 0; times--) {
    hold(course, level, on);
    hold(course, low, off);
  }
  return level;
};

const idle: Piece = (course, level, random) => {
  hold(course, 0, seconds(random, 5, 90));
  return level;
};

/** As a split leaves it, or a merge. */
const resharded: Piece = (course, level, random) => {
  const to = clamped(random() < 0.7 ? level / 2 : level * 2);
  hold(course, to, seconds(random, 10, 120));
  return to;
};

const PIECES: readonly (readonly [Piece, number])[] = [
  [calm, 0.2],
  [ramp, 0.36],
  [wave, 0.14],
  [step, 0.06],
  [burst, 0.07],
  [onAndOff, 0.07],
  [idle, 0.03],
  [resharded, 0.07],
];

/** What a load should be, second by second: calm stretches, ramps, waves, steps, bursts, one after the other. */
export function drawCourse(steps: number, random: Random): number[] {
  const course: number[] = [];
  let level = logBetween(random, 1, 5_000);
  if (random() < 0.08) hold(course, 0, seconds(random, 10, steps));
  while (course.length < steps) level = drawPiece(random)(course, level, random);
  const drawn = course.slice(0, steps);
  // Now and then more is asked for than is done.
  if (random() >= 0.12) return drawn;
  const most = Math.max(...drawn) * between(random, 0.4, 0.95);
  return drawn.map((value) => Math.min(most, value));
}

function drawPiece(random: Random): Piece {
  let rest = random();
  for (const [piece, share] of PIECES) {
    if (rest < share) return piece;
    rest -= share;
  }
  return calm;
}
