/** How often a line is written where nobody watches, and where somebody does, in milliseconds. */
const LINE_EVERY_MS = 10_000;
const SHOWN_EVERY_MS = 200;

/**
 * Shows how far a long read is, on standard error: on a terminal one line that changes, elsewhere a line now and then.
 */
export function recordProgress(stream: NodeJS.WriteStream = process.stderr): {
  at(done: number, total: number): void;
  end(): void;
} {
  const startedMs = performance.now();
  const everyMs = stream.isTTY ? SHOWN_EVERY_MS : LINE_EVERY_MS;
  let shownMs = startedMs;
  let isShown = false;
  return {
    at(done, total) {
      const nowMs = performance.now();
      if (nowMs - shownMs < everyMs) return;
      shownMs = nowMs;
      const line = progressLine(done, total, (nowMs - startedMs) / 1_000);
      stream.write(stream.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
      isShown = true;
    },
    end() {
      if (stream.isTTY && isShown) stream.write("\r\x1b[K");
    },
  };
}

/** @param seconds since the beginning */
export function progressLine(done: number, total: number, seconds: number): string {
  const rate = seconds > 0 ? done / seconds : 0;
  const left = rate > 0 ? `${Math.ceil((total - done) / rate)} s left` : "";
  return `${done} of ${total} log records, ${Math.round(rate)} a second, ${left}`;
}
