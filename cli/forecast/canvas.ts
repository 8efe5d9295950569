/** What a cell is, for its colour. */
export type Ink = "plain" | "load" | "near" | "over" | "line" | "forecast" | "mark";

/** Escape sequences of the terminal: ECMA-48, colours 30 to 37 and faint. */
const INK_CODES: Readonly<Record<Ink, string>> = {
  plain: "",
  load: "32",
  near: "33",
  over: "31",
  line: "2",
  forecast: "36",
  mark: "1",
};

/** A character in a cell and its ink. */
export interface Cell {
  readonly character: string;
  readonly ink: Ink;
}

export const BLANK: Cell = { character: " ", ink: "plain" };

/** Cells as text; runs of one ink are coloured together. */
export function cellsText(cells: readonly Cell[], isColoured: boolean): string {
  if (!isColoured)
    return cells
      .map(({ character }) => character)
      .join("")
      .trimEnd();
  let text = "";
  let ink: Ink = "plain";
  for (const cell of cells) {
    if (cell.ink !== ink && cell.character !== " ") {
      text += paint(cell.ink);
      ink = cell.ink;
    }
    text += cell.character;
  }
  return ink === "plain" ? text : `${text}${paint("plain")}`;
}

function paint(ink: Ink): string {
  return `\u001b[0${INK_CODES[ink] === "" ? "" : `;${INK_CODES[ink]}`}m`;
}

/** Text from topics for a terminal: whatever could steer it is left out. */
export function harmless(text: string): string {
  return text.replace(/\p{C}/gu, "");
}

/** Breaks a text at spaces into lines of at most a width; what has no space is cut. The later ones are indented. */
export function wrapped(text: string, width: number, indent: string): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const space = rest.lastIndexOf(" ", width);
    const end = space > indent.length ? space : width;
    lines.push(rest.slice(0, end));
    rest = `${indent}${rest.slice(end).trimStart()}`;
  }
  return [...lines, rest];
}
