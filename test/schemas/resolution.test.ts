import avro from "avsc";
import { describe, expect, it } from "vitest";
import "../../schemas/codec.js";
import { hasSharedData, sharedJson, sharedText } from "../ledger/shared-data.js";

const PAIRS = "vectors/apache-avro/reader_writer_pairs.json";
const FEATURES = ["avro_compatibility_exhaustive", "compatibility_avro", "modeling_avro_compatibility"].map(
  (name) => `vectors/registry-compat/${name}.feature`,
);

type Verdict = "compatible" | "incompatible";

/** Whether values of the writer's schema can be read by the reader's, as `foreignDecoder` asks. */
function verdictOf(reader: avro.Schema, writer: avro.Schema): Verdict {
  try {
    avro.Type.forSchema(reader).createResolver(avro.Type.forSchema(writer));
    return "compatible";
  } catch {
    return "incompatible";
  }
}

/** Where we refuse what Avro 1.12 takes. Nobody needs either, and a refusal has a code of its own: UNKNOWN_SCHEMA. */
function deviationOf(writer: unknown): "EMPTY_UNION" | "OTHER_NAMESPACE" {
  return JSON.stringify(writer) === "[]" ? "EMPTY_UNION" : "OTHER_NAMESPACE";
}

describe("schema resolution", () => {
  it.skipIf(!hasSharedData(PAIRS))("takes nothing that Avro refuses, and refuses two things more", () => {
    const { cases } = sharedJson<{ cases: { reader: avro.Schema; writer: avro.Schema; result: Verdict }[] }>(
      PAIRS,
    );
    const wrong: string[] = [];
    const refused = { EMPTY_UNION: 0, OTHER_NAMESPACE: 0 };
    for (const { reader, writer, result } of cases) {
      const verdict = verdictOf(reader, writer);
      if (verdict === result) continue;
      if (verdict === "incompatible") refused[deviationOf(writer)]++;
      else wrong.push(JSON.stringify([reader, writer]));
    }
    expect(wrong).toEqual([]);
    expect(refused).toEqual({ EMPTY_UNION: 3, OTHER_NAMESPACE: 2 });
    expect(cases.length).toBe(62);
  });

  for (const path of FEATURES) {
    it.skipIf(!hasSharedData(path))(`agrees with the registry's verdicts: ${path}`, () => {
      const scenarios = scenariosOf(sharedText(path));
      expect(scenarios.length).toBeGreaterThan(3);
      const wrong = scenarios.filter(({ pairs, result }) => {
        const all = pairs.every(([reader, writer]) => verdictOf(reader, writer) === "compatible");
        return all !== (result === "compatible");
      });
      expect(wrong.map(({ title }) => title)).toEqual(
        DEVIATIONS.filter(([file]) => path.includes(file)).map(([, title]) => title),
      );
    });
  }
});

/** Scenarios where our verdict is another than the registry's. */
const DEVIATIONS: readonly [file: string, title: string][] = [];

interface Scenario {
  readonly title: string;
  /** Reader and writer; both ways for FULL. */
  readonly pairs: readonly (readonly [reader: avro.Schema, writer: avro.Schema])[];
  readonly result: Verdict;
}

/** Scenarios of one schema that is there and one that is registered under a level other than NONE. */
function scenariosOf(feature: string): Scenario[] {
  return feature
    .split(/^\s*Scenario: /m)
    .slice(1)
    .flatMap((text) => {
      const schemas = [...text.matchAll(/"""\s*\n([\s\S]*?)\n\s*"""/g)].map(([, json]) => json!);
      const level = /compatibility level (?:is )?"(BACKWARD|FORWARD|FULL)"/.exec(text)?.[1];
      const status = /response status should be (200|409)/.exec(text)?.[1];
      if (schemas.length !== 2 || level === undefined || status === undefined) return [];
      const [before, after] = schemas.map((json) => JSON.parse(json) as avro.Schema) as [
        avro.Schema,
        avro.Schema,
      ];
      const pairs: Scenario["pairs"] =
        level === "BACKWARD"
          ? [[after, before]]
          : level === "FORWARD"
            ? [[before, after]]
            : [
                [after, before],
                [before, after],
              ];
      return [
        { title: text.split("\n", 1)[0]!, pairs, result: status === "200" ? "compatible" : "incompatible" },
      ];
    });
}
