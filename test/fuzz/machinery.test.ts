import { describe, expect, it } from "vitest";
import { seeded } from "../../fuzz/chance.js";
import { CASE_MS_MAX } from "../../fuzz/judge.js";
import { mutateBytes } from "../../fuzz/mutate/bytes.js";
import { joinFrames, splitFrames } from "../../fuzz/mutate/frames.js";
import { run } from "../../fuzz/run.js";
import { must, type Target } from "../../fuzz/target.js";

const corpus = [Buffer.from("good"), Buffer.from("also good")];

function targetOf(check: Target["check"], next?: Target["next"]): Target {
  const mutate: Target["next"] = (chance) => mutateBytes(chance, corpus[0]!, corpus);
  return { about: "a test", codes: new Set(["OK"]), corpus, next: next ?? mutate, check };
}

const failuresOf = async (target: Target, cases = 300) =>
  (await run("rlp", target, { seed: 1, cases })).failures.map(({ what, hex }) => [what, hex]);

describe("the fuzzer", () => {
  it("finds nothing where nothing is wrong, and counts outcomes", async () => {
    const report = await run(
      "rlp",
      targetOf(() => "OK"),
      { seed: 1, cases: 100 },
    );
    expect(report).toMatchObject({ cases: 100, codes: { OK: 100 }, failures: [] });
  });

  it("names an exception once, with the smallest input", async () => {
    const target = targetOf((input) => {
      if (input.includes(0xff)) throw new Error(`at ${input.indexOf(0xff)}`);
      return "OK";
    });
    expect(await failuresOf(target, 2_000)).toEqual([[expect.stringContaining("threw Error: at"), "ff"]]);
  });

  it("shrinks by frames too", async () => {
    const frames = [Buffer.from("one"), Buffer.of(7), Buffer.from("three")];
    const target = targetOf(
      (input) => {
        must(!splitFrames(input).some((frame) => frame.equals(Buffer.of(7))), "seven");
        return "OK";
      },
      () => joinFrames(frames),
    );
    expect(await failuresOf(target)).toEqual([["seven", "0000000107"]]);
  });

  it("sees a code that isn't in the list, a changed input, and another outcome the second time", async () => {
    expect(await failuresOf(targetOf(() => "OTHER"))).toEqual([["no such code: OTHER", ""]]);
    const changing = targetOf((input) => {
      if (input.length > 4) input[0] = 1;
      return "OK";
    });
    expect((await failuresOf(changing))[0]![0]).toBe("the input was changed");
    let calls = 0;
    const counting = targetOf(() => Array.from({ length: ++calls % 3 }, () => "OK"));
    expect((await failuresOf(counting))[0]![0]).toBe("another outcome the second time");
  });

  it("sees that an input spoils the reading of those after it", async () => {
    let isSpoilt = false;
    const target = {
      ...targetOf((input) => {
        isSpoilt ||= input.includes(0xff);
        return isSpoilt ? "SPOILT" : "OK";
      }),
      codes: new Set(["OK", "SPOILT"]),
    };
    const [first] = await failuresOf(target, 2_000);
    expect(first![0]).toBe("an input of the corpus has another outcome than at first");
  });

  it("sees a case that takes too long", async () => {
    const target = targetOf(
      (input) => {
        const [startMs, startCpu] = [performance.now(), process.cpuUsage()];
        const isOver = () =>
          process.cpuUsage(startCpu).user > 1_300 * CASE_MS_MAX &&
          performance.now() - startMs > 1.3 * CASE_MS_MAX;
        while (input[0] === 0xff && !isOver()) Math.sqrt(startMs);
        return "OK";
      },
      () => Buffer.of(0xff),
    );
    expect(await failuresOf(target, 3)).toEqual([[`slower than ${CASE_MS_MAX} ms`, "ff"]]);
  });

  it("makes the same inputs of the same seed, others of another", () => {
    const inputs = (seed: number) => {
      const chance = seeded(seed);
      return Array.from({ length: 50 }, () => mutateBytes(chance, corpus[0]!, corpus).toString("hex")).join();
    };
    expect(inputs(3)).toBe(inputs(3));
    expect(inputs(3)).not.toBe(inputs(4));
  });
});
