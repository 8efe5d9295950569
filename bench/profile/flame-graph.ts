/** A V8 CPU profile (`--cpu-prof`), as far as it is read here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  /** Time since the sample before, in microseconds. */
  readonly timeDeltas: readonly number[];
}

interface Frame {
  readonly name: string;
  micros: number;
  readonly children: Map<string, Frame>;
}

const WIDTH = 1_600;
const ROW = 16;
/** Narrower frames are left out, in pixels. */
const WIDTH_MIN = 0.8;
/** Pixels of a letter. */
const LETTER = 6.2;
const LEFT_OUT = new Set(["(idle)", "(program)"]);

/** The profile as a flame graph: an SVG whose frames tell name, time and share when pointed at. Idle time is left out. */
export function flameGraph(profile: CpuProfile, title: string): string {
  const root = merge(profile);
  const rows: string[] = [];
  let depth = 0;
  const draw = (frame: Frame, x: number, level: number): void => {
    const width = (frame.micros / root.micros) * WIDTH;
    if (width < WIDTH_MIN) return;
    depth = Math.max(depth, level);
    const share = ((100 * frame.micros) / root.micros).toFixed(1);
    const text = frame.name.slice(0, Math.floor(width / LETTER));
    rows.push(
      `<g><title>${escaped(frame.name)} ${Math.round(frame.micros / 1_000)} ms, ${share} %</title>` +
        `<rect x="${x.toFixed(1)}" y="${level * ROW + ROW * 2}" width="${width.toFixed(1)}" height="${ROW - 1}" fill="${colourOf(frame.name)}"/>` +
        (text.length > 2
          ? `<text x="${(x + 3).toFixed(1)}" y="${level * ROW + ROW * 2 + 12}">${escaped(text)}</text>`
          : "") +
        "</g>",
    );
    let left = x;
    for (const child of [...frame.children.values()].sort((a, b) => b.micros - a.micros)) {
      draw(child, left, level + 1);
      left += (child.micros / root.micros) * WIDTH;
    }
  };
  draw(root, 0, 0);
  const height = (depth + 4) * ROW;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="monospace" font-size="11">` +
    `<title>${escaped(title)}</title><rect width="100%" height="100%" fill="#fff"/><text x="4" y="18" font-size="14">${escaped(title)}</text>${rows.join("\n")}</svg>\n`
  );
}

/** Adds up the samples by call path. */
function merge({ nodes, samples, timeDeltas }: CpuProfile): Frame {
  const spent = new Map<number, number>();
  samples.forEach((id, index) => {
    spent.set(id, (spent.get(id) ?? 0) + (timeDeltas[index] ?? 0));
  });
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const add = (id: number, into: Frame): number => {
    const node = byId.get(id)!;
    if (LEFT_OUT.has(node.callFrame.functionName)) return 0;
    const name = nameOf(node.callFrame);
    let frame = into.children.get(name);
    if (!frame) {
      frame = { name, micros: 0, children: new Map() };
      into.children.set(name, frame);
    }
    let micros = spent.get(id) ?? 0;
    for (const child of node.children ?? []) micros += add(child, frame);
    frame.micros += micros;
    return micros;
  };
  const all: Frame = { name: "all", micros: 0, children: new Map() };
  const [first] = nodes;
  if (first) {
    for (const child of first.children ?? []) all.micros += add(child, all);
  }
  return all;
}

function nameOf({ functionName, url, lineNumber }: CpuProfile["nodes"][number]["callFrame"]): string {
  const file = url.split("/").slice(-2).join("/");
  return `${functionName || "(anonymous)"}${file ? ` ${file}:${lineNumber + 1}` : ""}`;
}

/** Warm colours that depend on the name alone, so that two graphs can be compared. */
function colourOf(name: string): string {
  let hash = 0;
  for (let index = 0; index < name.length; index++) hash = (Math.imul(hash, 31) + name.charCodeAt(index)) | 0;
  const at = (Math.abs(hash) % 100) / 100;
  return `rgb(${205 + Math.floor(50 * at)},${100 + Math.floor(110 * at)},${Math.floor(60 * at)})`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
