import { pinballLoss } from "../metrics.js";
import type { Random } from "../random.js";
import { quantileOfSorted } from "../statistics.js";

/** Gradient boosting of regression trees on histograms, of a quantile (pinball loss) or of the mean (squared error). */
export interface BoostingSettings {
  /** The quantile that is forecast, or "mean". */
  readonly objective: number | "mean";
  readonly treesMax: number;
  readonly depthMax: number;
  readonly learningRate: number;
  readonly leafRowsMin: number;
  /** Share of the rows that each tree sees. */
  readonly rowShare: number;
  /** Share of the features that each tree sees. */
  readonly featureShare: number;
  /** Trees without any gain on the held-out rows before growing ends. */
  readonly patience: number;
}

export const BOOSTING_DEFAULTS: BoostingSettings = {
  objective: "mean",
  treesMax: 150,
  depthMax: 5,
  learningRate: 0.08,
  leafRowsMin: 30,
  rowShare: 0.6,
  featureShare: 0.7,
  patience: 15,
};

const BINS = 64;
/** Values that the edges of bins are taken from. */
const EDGE_ROWS_MAX = 20_000;

/** Nodes of a tree in arrays; `feature` -1 is a leaf. A row goes left where its value is at or below `edge`. */
interface Tree {
  readonly feature: number[];
  readonly edge: number[];
  readonly left: number[];
  readonly value: number[];
}

export interface Boosting {
  readonly start: number;
  readonly trees: readonly Tree[];
}

/** Rows of features, one after the other, with a target each. */
export interface Rows {
  readonly features: number;
  readonly matrix: Float64Array;
  readonly target: Float64Array;
}

/** Grows trees on `train` until they no longer help on `held`; all of them where nothing is held out. */
export function boost(train: Rows, held: Rows, settings: BoostingSettings, random: Random): Boosting {
  const { features, target } = train;
  const rows = target.length;
  const edges = Array.from({ length: features }, (_, feature) => binEdges(train, feature));
  const bins = binned(train, edges);
  const start = settings.objective === "mean" ? meanOf(target) : quantileOf(target, settings.objective);
  const current = new Float64Array(rows).fill(start);
  const heldCurrent = new Float64Array(held.target.length).fill(start);
  const trees: Tree[] = [];
  let best = { loss: lossOf(held.target, heldCurrent, settings.objective), trees: 0 };
  const gradient = new Float64Array(rows);
  for (let round = 0; round < settings.treesMax; round++) {
    for (let row = 0; row < rows; row++)
      gradient[row] = slope(target[row]! - current[row]!, settings.objective);
    const grower = new Grower(train, bins, edges, gradient, current, settings, random);
    const tree = grower.grow();
    trees.push(tree);
    for (let row = 0; row < rows; row++) current[row]! += treeValue(tree, train.matrix, row * features);
    for (let row = 0; row < heldCurrent.length; row++)
      heldCurrent[row]! += treeValue(tree, held.matrix, row * features);
    if (heldCurrent.length === 0) continue;
    const loss = lossOf(held.target, heldCurrent, settings.objective);
    if (loss < best.loss) best = { loss, trees: trees.length };
    if (trees.length - best.trees >= settings.patience) break;
  }
  return { start, trees: held.target.length ? trees.slice(0, best.trees) : trees };
}

export function boostingForecast({ start, trees }: Boosting, features: Float64Array, offset = 0): number {
  let sum = start;
  for (const tree of trees) sum += treeValue(tree, features, offset);
  return sum;
}

function treeValue(tree: Tree, features: Float64Array, offset: number): number {
  let node = 0;
  while (tree.feature[node]! >= 0)
    node = tree.left[node]! + (features[offset + tree.feature[node]!]! <= tree.edge[node]! ? 0 : 1);
  return tree.value[node]!;
}

/** Of each bin of each picked feature: the sum of the gradient, and the number of rows. */
interface Histograms {
  readonly sums: Float64Array;
  readonly counts: Float64Array;
}

/** One tree: split greedily by the gain in squared gradient, its leaves set to the best step of their rows. */
class Grower {
  private readonly tree: Tree = { feature: [], edge: [], left: [], value: [] };
  private readonly picked: number[];

  constructor(
    private readonly train: Rows,
    private readonly bins: Uint8Array,
    private readonly edges: readonly Float64Array[],
    private readonly gradient: Float64Array,
    private readonly current: Float64Array,
    private readonly settings: BoostingSettings,
    private readonly random: Random,
  ) {
    const all = Array.from({ length: train.features }, (_, feature) => feature);
    const kept = all.filter(() => random() < settings.featureShare);
    this.picked = kept.length ? kept : all;
  }

  grow(): Tree {
    const all = Int32Array.from({ length: this.train.target.length }, (_, row) => row);
    const seen = all.filter(() => this.random() < this.settings.rowShare);
    const rows = seen.length ? seen : all;
    this.node();
    this.split(0, rows, this.histograms(rows), 0);
    return this.tree;
  }

  private node(): number {
    this.tree.feature.push(-1);
    this.tree.edge.push(0);
    this.tree.left.push(-1);
    return this.tree.value.push(0) - 1;
  }

  private split(node: number, rows: Int32Array, own: Histograms | undefined, depth: number): void {
    const found = own && this.bestSplit(rows, own);
    if (!found) {
      this.tree.value[node] = this.settings.learningRate * this.leafValue(rows);
      return;
    }
    const { feature, bin } = found;
    const left = this.node();
    const right = this.node();
    this.tree.feature[node] = feature;
    this.tree.edge[node] = this.edges[feature]![bin]!;
    this.tree.left[node] = left;
    const place = feature * this.train.target.length;
    const lower = rows.filter((row) => this.bins[place + row]! <= bin);
    const upper = rows.filter((row) => this.bins[place + row]! > bin);
    const isLast = depth + 1 >= this.settings.depthMax;
    // Of two siblings only the smaller is counted: the other is what is left of their parent.
    const counted = isLast ? undefined : this.histograms(lower.length < upper.length ? lower : upper);
    const rest = counted && difference(own, counted);
    this.split(left, lower, lower.length < upper.length ? counted : rest, depth + 1);
    this.split(right, upper, lower.length < upper.length ? rest : counted, depth + 1);
  }

  private histograms(rows: Int32Array): Histograms {
    const { bins, gradient, picked } = this;
    const length = this.train.target.length;
    const sums = new Float64Array(picked.length * BINS);
    const counts = new Float64Array(picked.length * BINS);
    for (let which = 0; which < picked.length; which++) {
      const place = picked[which]! * length;
      const into = which * BINS;
      for (let at = 0; at < rows.length; at++) {
        const row = rows[at]!;
        const bin = into + bins[place + row]!;
        sums[bin]! += gradient[row]!;
        counts[bin]!++;
      }
    }
    return { sums, counts };
  }

  private bestSplit(
    rows: Int32Array,
    { sums, counts }: Histograms,
  ): { feature: number; bin: number } | undefined {
    const rowsMin = this.settings.leafRowsMin;
    if (rows.length < 2 * rowsMin) return undefined;
    let total = 0;
    for (let at = 0; at < rows.length; at++) total += this.gradient[rows[at]!]!;
    let best: { feature: number; bin: number } | undefined;
    let bestGain = (total * total) / rows.length + 1e-9;
    this.picked.forEach((feature, which) => {
      let sum = 0;
      let count = 0;
      for (let bin = 0; bin < this.edges[feature]!.length; bin++) {
        sum += sums[which * BINS + bin]!;
        count += counts[which * BINS + bin]!;
        if (count < rowsMin) continue;
        if (rows.length - count < rowsMin) break;
        const gain = (sum * sum) / count + (total - sum) ** 2 / (rows.length - count);
        if (gain > bestGain) {
          bestGain = gain;
          best = { feature, bin };
        }
      }
    });
    return best;
  }

  private leafValue(rows: Int32Array): number {
    const errors = Float64Array.from(rows, (row) => this.train.target[row]! - this.current[row]!);
    return this.settings.objective === "mean" ? meanOf(errors) : quantileOf(errors, this.settings.objective);
  }
}

function difference(whole: Histograms, part: Histograms): Histograms {
  return {
    sums: whole.sums.map((sum, at) => sum - part.sums[at]!),
    counts: whole.counts.map((count, at) => count - part.counts[at]!),
  };
}

function binEdges({ features, matrix, target }: Rows, feature: number): Float64Array {
  const stride = Math.max(1, Math.ceil(target.length / EDGE_ROWS_MAX));
  const values = new Float64Array(Math.ceil(target.length / stride));
  for (let at = 0; at < values.length; at++) values[at] = matrix[at * stride * features + feature]!;
  values.sort();
  const edges = new Set<number>();
  for (let bin = 1; bin < BINS; bin++) edges.add(values[Math.floor((bin * values.length) / BINS)]!);
  return Float64Array.from(edges).sort();
}

/** The bin of each row, feature after feature. */
function binned({ features, matrix, target }: Rows, edges: readonly Float64Array[]): Uint8Array {
  const bins = new Uint8Array(target.length * features);
  for (let feature = 0; feature < features; feature++) {
    for (let row = 0; row < target.length; row++)
      bins[feature * target.length + row] = binOf(edges[feature]!, matrix[row * features + feature]!);
  }
  return bins;
}

/** How many edges lie below the value. */
function binOf(edges: Float64Array, value: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function slope(error: number, objective: number | "mean"): number {
  if (objective === "mean") return error;
  return error > 0 ? objective : error < 0 ? objective - 1 : 0;
}

function lossOf(target: Float64Array, forecast: Float64Array, objective: number | "mean"): number {
  let sum = 0;
  for (let row = 0; row < target.length; row++) {
    const error = target[row]! - forecast[row]!;
    sum += objective === "mean" ? error * error : pinballLoss(error, objective);
  }
  return sum;
}

function meanOf(values: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += values[at]!;
  return values.length ? sum / values.length : 0;
}

const quantileOf = (values: Float64Array, level: number) =>
  quantileOfSorted(Float64Array.from(values).sort(), level);
