import { sha256 } from "../../ledger/crypto/hash.js";
import type { Ridge } from "../baselines/ridge.js";
import { MlError } from "../failure.js";
import { RECENT_FEATURES } from "../features/linear.js";
import { EXPERTS, PATCH, STATIC_FEATURES, STEP_FEATURES, STEPS } from "../features/network.js";
import { TARGETS } from "../targets.js";
import {
  ARCHITECTURES,
  buildNetwork,
  type Network,
  type NetworkSettings,
  putWeights,
  takeWeights,
} from "./network.js";
import { OUTPUTS } from "./outputs.js";

/** Of the file and of what the network's inputs mean: another number, another meaning. */
export const MODEL_FORMAT = 2;

/** Sizes that weights belong to; a file with others was made by another version of the code. */
const SHAPES = {
  ...{
    PATCH,
    RECENT_FEATURES,
    STEPS,
    STEP_FEATURES,
    STATIC_FEATURES,
    EXPERTS,
    targets: TARGETS,
    outputs: OUTPUTS,
  },
};
const UNITS_MAX = 1_024;

/** A network that can forecast any shard's load, with what it needs for it. */
export interface TrainedModel {
  readonly network: Network;
  /** The ridge regression of shards that have too short a past for one of their own. */
  readonly ridge: Ridge;
  /** SHA-256 over settings, weights and ridge, in hex: the model's name in each forecast. */
  readonly hash: string;
}

/** A trained network as a file: JSON, its weights as little-endian 32-bit floats in base64, those of the ridge 64-bit. */
interface SavedModel {
  readonly format: number;
  readonly settings: NetworkSettings;
  readonly shapes: unknown;
  readonly weights: readonly string[];
  /** The means, then the weights of each target; null: the model has none. */
  readonly ridge: readonly string[] | null;
  /** SHA-256 over all of the above, in hex. */
  readonly hash: string;
}

/** The text of the file, and the hash in it. */
export function saveModel(network: Network, ridge?: Ridge): { text: string; hash: string } {
  const weights = takeWeights(network).map(textOf);
  const { architecture, units, hiddenUnits, seed } = network.settings;
  const content = {
    format: MODEL_FORMAT,
    settings: { architecture, units, hiddenUnits, seed },
    shapes: SHAPES,
    weights,
    ridge: ridge ? [ridge.means, ...ridge.weights].map(textOf) : null,
  };
  const hash = hashOf(content);
  return { text: `${JSON.stringify({ ...content, hash })}\n`, hash };
}

/** SHA-256 of a network's weights and configuration, in hex. */
export const modelHash = (network: Network): string => saveModel(network).hash;

/**
 * The network of a file.
 * @throws MlError MODEL_UNREADABLE: no such file, or of another version; MODEL_HASH_MISMATCH: changed since it was saved
 */
export function loadModel(text: string): Omit<TrainedModel, "ridge"> & { readonly ridge: Ridge | undefined } {
  const saved = parse(text);
  const { hash, ...content } = saved;
  if (hashOf(content) !== hash)
    throw new MlError("MODEL_HASH_MISMATCH", "the model isn't what its hash names");
  const ridge = saved.ridge ? ridgeOf(saved.ridge) : undefined;
  const network = buildNetwork(saved.settings);
  const weights = saved.weights.map((own) => Float32Array.from(numbersOf(own, 4)));
  const isFitting =
    weights.length === network.weights.length &&
    weights.every((own, at) => own.length === network.weights[at]!.size);
  if (!isFitting) {
    network.dispose();
    throw new MlError("MODEL_UNREADABLE", "the model's weights don't fit its settings");
  }
  putWeights(network, weights);
  return { network, ridge, hash };
}

function parse(text: string): SavedModel {
  let saved: Partial<SavedModel> | null;
  try {
    saved = JSON.parse(text) as Partial<SavedModel> | null;
  } catch {
    throw new MlError("MODEL_UNREADABLE", "the model is no JSON");
  }
  const { format, settings, shapes, weights, ridge, hash } = saved ?? {};
  if (format !== MODEL_FORMAT || JSON.stringify(shapes) !== JSON.stringify(SHAPES))
    throw new MlError("MODEL_UNREADABLE", "the model is of another version of this code");
  const isComplete =
    typeof hash === "string" &&
    Array.isArray(weights) &&
    weights.every((own) => typeof own === "string") &&
    (ridge === null || (Array.isArray(ridge) && ridge.every((own) => typeof own === "string"))) &&
    settings !== undefined &&
    ARCHITECTURES.includes(settings.architecture) &&
    [settings.units, settings.hiddenUnits].every(
      (units) => Number.isInteger(units) && units > 0 && units <= UNITS_MAX,
    ) &&
    Number.isSafeInteger(settings.seed);
  if (!isComplete) throw new MlError("MODEL_UNREADABLE", "the model lacks a part");
  return saved as SavedModel;
}

const hashOf = (content: object) => sha256(new TextEncoder().encode(JSON.stringify(content))).toString("hex");

/** @throws MlError MODEL_UNREADABLE */
function ridgeOf(saved: readonly string[]): Ridge {
  const [means, ...weights] = saved.map((own) => Float64Array.from(numbersOf(own, 8)));
  const isFitting =
    means?.length === RECENT_FEATURES &&
    weights.length === TARGETS.length &&
    weights.every(({ length }) => length === RECENT_FEATURES + 1);
  if (!isFitting) throw new MlError("MODEL_UNREADABLE", "the model's ridge regression is of another size");
  return { means, weights };
}

/** Little-endian on every machine, so that the hash is the same. */
function textOf(values: Float32Array | Float64Array): string {
  const size = values.BYTES_PER_ELEMENT;
  const bytes = Buffer.alloc(values.length * size);
  values.forEach((value, at) => {
    if (size === 4) bytes.writeFloatLE(value, at * size);
    else bytes.writeDoubleLE(value, at * size);
  });
  return bytes.toString("base64");
}

function numbersOf(text: string, size: 4 | 8): number[] {
  const bytes = Buffer.from(text, "base64");
  return Array.from({ length: Math.floor(bytes.length / size) }, (_, at) =>
    size === 4 ? bytes.readFloatLE(at * size) : bytes.readDoubleLE(at * size),
  );
}
