import { sha256 } from "../../ledger/crypto/hash.js";
import { MlError } from "../failure.js";
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
export const MODEL_FORMAT = 1;

/** Sizes that weights belong to; a file with others was made by another version of the code. */
const SHAPES = { PATCH, STEPS, STEP_FEATURES, STATIC_FEATURES, EXPERTS, targets: TARGETS, outputs: OUTPUTS };
const UNITS_MAX = 1_024;

/** A trained network as a file: JSON, its weights as little-endian 32-bit floats in base64. */
interface SavedModel {
  readonly format: number;
  readonly settings: NetworkSettings;
  readonly shapes: unknown;
  readonly weights: readonly string[];
  /** SHA-256 over all of the above, in hex: the model's name in each forecast. */
  readonly hash: string;
}

/** The text of the file, and the hash in it. */
export function saveModel(network: Network): { text: string; hash: string } {
  const weights = takeWeights(network).map((values) => Buffer.from(bytesOf(values)).toString("base64"));
  const { architecture, units, hiddenUnits, seed } = network.settings;
  const content = {
    format: MODEL_FORMAT,
    settings: { architecture, units, hiddenUnits, seed },
    shapes: SHAPES,
    weights,
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
export function loadModel(text: string): { network: Network; hash: string } {
  const saved = parse(text);
  const { hash, ...content } = saved;
  if (hashOf(content) !== hash)
    throw new MlError("MODEL_HASH_MISMATCH", "the model isn't what its hash names");
  const network = buildNetwork(saved.settings);
  const weights = saved.weights.map((own) => floatsOf(Buffer.from(own, "base64")));
  const isFitting =
    weights.length === network.weights.length &&
    weights.every((own, at) => own.length === network.weights[at]!.size);
  if (!isFitting) {
    network.dispose();
    throw new MlError("MODEL_UNREADABLE", "the model's weights don't fit its settings");
  }
  putWeights(network, weights);
  return { network, hash };
}

function parse(text: string): SavedModel {
  let saved: Partial<SavedModel> | null;
  try {
    saved = JSON.parse(text) as Partial<SavedModel> | null;
  } catch {
    throw new MlError("MODEL_UNREADABLE", "the model is no JSON");
  }
  const { format, settings, shapes, weights, hash } = saved ?? {};
  if (format !== MODEL_FORMAT || JSON.stringify(shapes) !== JSON.stringify(SHAPES))
    throw new MlError("MODEL_UNREADABLE", "the model is of another version of this code");
  const isComplete =
    typeof hash === "string" &&
    Array.isArray(weights) &&
    weights.every((own) => typeof own === "string") &&
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

/** Little-endian on every machine, so that the hash is the same. */
function bytesOf(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, at) => {
    view.setFloat32(at * 4, value, true);
  });
  return bytes;
}

function floatsOf(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: Math.floor(bytes.byteLength / 4) }, (_, at) =>
    view.getFloat32(at * 4, true),
  );
}
