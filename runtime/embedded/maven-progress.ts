import { secondsSince } from "./time.js";

/** At most one progress line in this time. */
export const PROGRESS_INTERVAL_MS = 2_000;

const UNIT_BYTES: Readonly<Record<string, number>> = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9 };

/** One line of Maven's batch output, as far as it tells about downloads. */
export type MavenLine =
  | { readonly kind: "begin"; readonly file: string }
  | { readonly kind: "done"; readonly file: string; readonly bytes: number }
  | { readonly kind: "other" };

/** Reads `Downloading from x: …/a.jar` and `Downloaded from x: …/a.jar (1.6 MB at 4.9 MB/s)`. */
export function parseMavenLine(line: string): MavenLine {
  const match = /(Downloading|Downloaded) from \S+: \S*?([^/\s]+)(?: \(([\d.]+) (B|kB|MB|GB)\b.*)?\s*$/.exec(
    line,
  );
  const file = match?.[2];
  if (match === null || file === undefined) return { kind: "other" };
  if (match[1] === "Downloading") return { kind: "begin", file };
  return { kind: "done", file, bytes: Number(match[3] ?? 0) * (UNIT_BYTES[match[4] ?? "B"] ?? 1) };
}

/** Turns Maven's output into a line now and then: how many files and megabytes have come, and what is coming. */
export class MavenProgress {
  readonly #what: string;
  readonly #log: (line: string) => void;
  readonly #startMs = performance.now();
  readonly #timer: NodeJS.Timeout;
  readonly #running = new Set<string>();
  #files = 0;
  #bytes = 0;
  #reported = "";

  /** @param what begins each line: "fetching the broker" */
  constructor(what: string, log: (line: string) => void) {
    this.#what = what;
    this.#log = log;
    this.#timer = setInterval(() => this.#report(), PROGRESS_INTERVAL_MS);
  }

  /** Takes one line of Maven's output. */
  take(line: string): void {
    const parsed = parseMavenLine(line);
    if (parsed.kind === "begin") this.#running.add(parsed.file);
    if (parsed.kind !== "done") return;
    this.#running.delete(parsed.file);
    this.#files += 1;
    this.#bytes += parsed.bytes;
  }

  /** Ends the reports. */
  close(): void {
    clearInterval(this.#timer);
  }

  /** What has come so far. */
  summary(): string {
    if (this.#files === 0) return `nothing downloaded in ${secondsSince(this.#startMs)}`;
    return `${this.#files} files, ${(this.#bytes / 1e6).toFixed(1)} MB in ${secondsSince(this.#startMs)}`;
  }

  #report(): void {
    const [file] = this.#running;
    const now = file === undefined ? "resolving" : `downloading ${file}`;
    const line = `${this.#what}: ${this.summary()}; ${now}`;
    if (line !== this.#reported) this.#log(line);
    this.#reported = line;
  }
}
