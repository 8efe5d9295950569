import type { CheckpointCertificate } from "../../schemas/generated.js";
import { StageFault } from "../stage.js";

/** Checkpoints whose certificate may be outstanding; the oldest are given up. */
const OUTSTANDING_MAX = 64;

/** The roots that a validator arrived at, against those that are certified, whichever comes first. */
export class OwnRoots {
  private readonly own = new Map<number, Buffer>();
  private readonly certified = new Map<number, Buffer>();
  private highest: number;

  /** @param certifiedHeight height of the last certified checkpoint */
  constructor(
    private readonly shard: number,
    certifiedHeight: number,
  ) {
    this.highest = certifiedHeight;
  }

  /** Height of the highest certified checkpoint that is known. */
  get certifiedHeight(): number {
    return this.highest;
  }

  /** Throws StageFault where another root is certified. */
  computed(height: number, root: Buffer): void {
    keep(this.own, height, root);
    this.compare(height);
  }

  /** Takes a certificate that has been verified. Throws StageFault where the own root is another. */
  certificate({ checkpoint }: CheckpointCertificate): void {
    keep(this.certified, checkpoint.height, checkpoint.stateRoot);
    this.highest = Math.max(this.highest, checkpoint.height);
    this.compare(checkpoint.height);
  }

  private compare(height: number): void {
    const own = this.own.get(height);
    const certified = this.certified.get(height);
    if (!own || !certified || own.equals(certified)) return;
    throw new StageFault(
      "ROOT_CONTRADICTED",
      `shard ${this.shard}, height ${height}: own state root ${own.toString("hex")}, certified ${certified.toString("hex")}`,
    );
  }
}

function keep(roots: Map<number, Buffer>, height: number, root: Buffer): void {
  roots.set(height, root);
  if (roots.size > OUTSTANDING_MAX) roots.delete(roots.keys().next().value!);
}
