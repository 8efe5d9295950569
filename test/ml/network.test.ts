import { beforeAll, describe, expect, it } from "vitest";
import { lastValue } from "../../ml/baselines/simple.js";
import { pointActuals } from "../../ml/evaluation/forecast-set.js";
import {
  adapt,
  learnTogether,
  MEMBER_DEFAULTS,
  type MemberSettings,
  pupilOf,
} from "../../ml/evaluation/member.js";
import { pointsOf, scoresOf } from "../../ml/evaluation/scores.js";
import { mase as meanError } from "../../ml/metrics.js";
import { useBackend } from "../../ml/network/backend.js";
import { forecastAt, forecastPart, sortWithinTargets } from "../../ml/network/forecast.js";
import {
  ARCHITECTURES,
  type Architecture,
  buildNetwork,
  NETWORK_DEFAULTS,
  takeWeights,
} from "../../ml/network/network.js";
import { firstOutput, OUTPUTS } from "../../ml/network/outputs.js";
import { samplesAt } from "../../ml/network/samples.js";
import { loadModel, modelHash, saveModel } from "../../ml/network/saved-model.js";
import { lossOn, train } from "../../ml/network/train.js";
import { evaluatedOrigins, HORIZONS } from "../../ml/parts.js";
import { seededRandom } from "../../ml/random.js";
import { TARGETS } from "../../ml/targets.js";
import { scaleOf, seriesOf, sineSeries } from "./support.js";

beforeAll(async () => {
  expect(await useBackend()).toBe("wasm");
});

const settingsOf = (architecture: Architecture, seed = 1): MemberSettings => ({
  ...MEMBER_DEFAULTS,
  network: { ...NETWORK_DEFAULTS, architecture, units: 12, hiddenUnits: 16, seed },
  commonSamples: 512,
  commonEpochs: 4,
  commonRate: 1e-2,
  ownSamplesMax: 256,
  ownEpochs: 2,
});

function trained(architecture: Architecture, seed = 1) {
  const settings = settingsOf(architecture, seed);
  const pupils = [pupilOf(sineSeries(600)), pupilOf(sineSeries(600, 2, "other"))];
  const network = buildNetwork(settings.network);
  const random = seededRandom(seed);
  learnTogether(network, pupils, settings, random, () => {});
  return { network, pupil: pupils[0]!, settings, random };
}

describe("a network", () => {
  for (const architecture of ARCHITECTURES) {
    it(`learns, as ${architecture}: it beats last value on a sine, and its loss falls`, () => {
      const { network, pupil, settings, random } = trained(architecture);
      const { series, parts } = pupil;
      const samples = samplesAt(
        pupil.lesson.tune,
        Array.from({ length: 200 }, (_, at) => 60 + at),
      );
      const untrained = buildNetwork(settings.network);
      expect(lossOn(network, samples)).toBeLessThan(0.8 * lossOn(untrained, samples));
      const { evaluated } = adapt(network, pupil, settings, random);
      const { mase } = scoresOf(series, parts, scaleOf(series), pointsOf(evaluated));
      const last = lastValue(series.values);
      HORIZONS.forEach((ahead, at) => {
        const { first, end } = evaluatedOrigins(parts);
        const guesses = Float64Array.from({ length: end - first }, (_, row) => last(first + row, ahead));
        const came = pointActuals(series, { first, end })[at]!;
        // Last value has 1.0, 5.3 and 7.5 there.
        expect(mase[String(ahead)]!, `${ahead} ahead`).toBeLessThan(
          0.6 * meanError(came, guesses, scaleOf(series)),
        );
      });
      untrained.dispose();
      network.dispose();
    });
  }

  it("is the same again with the same seed, and another with another", () => {
    const hashes = [trained("gru"), trained("gru"), trained("gru", 2)].map(({ network }) => {
      const hash = modelHash(network);
      network.dispose();
      return hash;
    });
    expect(hashes[1]).toBe(hashes[0]);
    expect(hashes[2]).not.toBe(hashes[0]);
  });

  it("learns nothing from what wasn't measured", () => {
    const { network, pupil, random } = trained("gru");
    const samples = samplesAt(
      pupil.lesson.tune,
      Array.from({ length: 64 }, (_, at) => 60 + at),
    );
    const before = takeWeights(network);
    const nothing = { ...samples, weights: samples.weights.map(() => 0) };
    train(network, nothing, { epochs: 1, rate: 1, rateEnd: 1 }, random);
    expect(takeWeights(network)).toEqual(before);
    const spoilt = { ...samples, targets: samples.targets.map(() => Number.NaN) };
    train(network, spoilt, { epochs: 1, rate: 1, rateEnd: 1 }, random);
    expect(takeWeights(network)).toEqual(before);
    network.dispose();
  });

  it("forecasts 64 shards in one batch as it forecasts each alone", () => {
    const { network, pupil } = trained("lstm");
    const origins = Array.from({ length: 64 }, (_, at) => 430 + at);
    const together = forecastAt(
      network,
      origins.map((origin) => ({ lesson: pupil.lesson.evaluated, origins: [origin] })),
    );
    const alone = forecastPart(network, pupil.lesson.evaluated, { first: 430, end: 494 });
    const farthest = Math.max(...together.map((value, at) => Math.abs(value - alone[at]!)));
    expect(farthest).toBeLessThan(1e-3);
    network.dispose();
  });

  it("says quantiles that rise, of no load below 0, for any series: gaps, zeros, a shard that was idle", () => {
    const { network } = trained("lstm");
    const odd = Array.from({ length: 400 }, (_, at) =>
      at < 150
        ? 0
        : at % 7 === 0
          ? Number.NaN
          : at > 250 && at < 290
            ? Number.NaN
            : at === 320
              ? 1e9
              : at % 30,
    );
    for (const values of [odd, Array(400).fill(0)]) {
      const pupil = pupilOf(seriesOf("odd", values));
      const said = forecastPart(network, pupil.lesson.evaluated, evaluatedOrigins(pupil.parts));
      expect(said.every((value) => Number.isFinite(value) && value >= 0)).toBe(true);
      for (let at = 1; at < said.length; at++) {
        const isSameTarget =
          OUTPUTS[at % OUTPUTS.length]!.target === OUTPUTS[(at - 1) % OUTPUTS.length]!.target;
        if (isSameTarget && at % OUTPUTS.length > 0) expect(said[at]!).toBeGreaterThanOrEqual(said[at - 1]!);
      }
    }
    network.dispose();
  });

  it("has its quantiles sorted within each target only", () => {
    const row = Float32Array.from(OUTPUTS, (_, at) => OUTPUTS.length - at);
    sortWithinTargets(row);
    const second = firstOutput(1);
    expect([...row.subarray(0, second)]).toEqual([OUTPUTS.length - second + 1, OUTPUTS.length]);
    expect(row.reduce((sum, own) => sum + own, 0)).toBe((OUTPUTS.length * (OUTPUTS.length + 1)) / 2);
    expect(new Set(OUTPUTS.map(({ target }) => target)).size).toBe(TARGETS.length);
  });
});

describe("a saved model", () => {
  it("comes back as it was, under the same hash", () => {
    const { network, pupil } = trained("lstm");
    const { text, hash } = saveModel(network);
    const loaded = loadModel(text);
    expect(loaded.hash).toBe(hash);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(takeWeights(loaded.network)).toEqual(takeWeights(network));
    const asked = [{ lesson: pupil.lesson.evaluated, origins: [450, 451] }];
    expect(forecastAt(loaded.network, asked)).toEqual(forecastAt(network, asked));
    network.dispose();
    loaded.network.dispose();
  });

  it("is refused where a weight, a setting or the hash was changed, or a part is missing", () => {
    const network = buildNetwork({ ...NETWORK_DEFAULTS, units: 4, hiddenUnits: 4 });
    const saved = JSON.parse(saveModel(network).text);
    const refusal = (changed: object) => {
      try {
        loadModel(JSON.stringify({ ...saved, ...changed }));
      } catch (error) {
        return (error as { code?: string }).code;
      }
      return undefined;
    };
    const [first, ...others] = saved.weights as string[];
    const other = first!.startsWith("A") ? `B${first!.slice(1)}` : `A${first!.slice(1)}`;
    expect(refusal({})).toBeUndefined();
    expect(refusal({ weights: [other, ...others] })).toBe("MODEL_HASH_MISMATCH");
    expect(refusal({ settings: { ...saved.settings, seed: 9 } })).toBe("MODEL_HASH_MISMATCH");
    expect(refusal({ hash: "0".repeat(64) })).toBe("MODEL_HASH_MISMATCH");
    expect(refusal({ format: 0 })).toBe("MODEL_UNREADABLE");
    expect(refusal({ weights: undefined })).toBe("MODEL_UNREADABLE");
    expect(refusal({ settings: { ...saved.settings, units: 1e9 } })).toBe("MODEL_UNREADABLE");
    expect(() => loadModel("{")).toThrow(expect.objectContaining({ code: "MODEL_UNREADABLE" }));
    expect(() => loadModel("null")).toThrow(expect.objectContaining({ code: "MODEL_UNREADABLE" }));
    network.dispose();
  });
});
