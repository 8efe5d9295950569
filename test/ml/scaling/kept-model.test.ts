import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { useBackend } from "../../../ml/network/backend.js";
import { type Architecture, buildNetwork, NETWORK_DEFAULTS } from "../../../ml/network/network.js";
import { saveModel } from "../../../ml/network/saved-model.js";
import { learnOffline } from "../../../ml/offline/learn.js";
import { readModel } from "../../../runtime/scaling/training.js";

const directory = mkdtempSync(join(tmpdir(), "rustorium-model-"));
const kept = join(directory, "kept.json");
const shipped = join(directory, "shipped.json");

afterAll(() => rmSync(directory, { recursive: true }));
beforeAll(async () => {
  await useBackend();
});

function saved(path: string, architecture: Architecture, seed: number): string {
  const settings = { architecture, seed, series: 4, epochs: 1 };
  const { network, text, hash } = learnOffline(settings, [], () => {});
  network.dispose();
  writeFileSync(path, text);
  return hash;
}

/** Reads, and counts the warnings. */
function read(architecture: Architecture) {
  let warnings = 0;
  const log = { info() {}, warn: () => warnings++, error() {} };
  const { network, hash } = readModel({ kept, shipped }, architecture, log as never);
  network.dispose();
  return { hash, warnings };
}

describe("the network that scaling begins with", () => {
  it("is the shipped one, then the one that was trained here, if it is of the architecture that is asked for", () => {
    const first = saved(shipped, "gru", 1);
    expect(read("gru")).toEqual({ hash: first, warnings: 0 });
    const own = saved(kept, "gru", 2);
    expect(own).not.toBe(first);
    expect(read("gru")).toEqual({ hash: own, warnings: 0 });
    const other = saved(shipped, "lstm", 1);
    expect(read("lstm")).toEqual({ hash: other, warnings: 1 });
  });

  it("is the shipped one where the other is damaged, of another version, or can forecast no young shard", () => {
    const first = saved(shipped, "gru", 1);
    const network = buildNetwork({ ...NETWORK_DEFAULTS, architecture: "gru" });
    for (const text of ["{", '{"format":1}', saveModel(network).text]) {
      writeFileSync(kept, text);
      expect(read("gru")).toEqual({ hash: first, warnings: 1 });
    }
    network.dispose();
  });

  it("must be there: a package without it is refused", () => {
    writeFileSync(shipped, "{");
    expect(() => read("gru")).toThrow(expect.objectContaining({ code: "MODEL_UNREADABLE" }));
  });
});
