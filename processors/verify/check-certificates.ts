import { verifyCertificate } from "../../ledger/consensus/certificate.js";
import type { Network } from "../../ledger/genesis/genesis.js";
import type { FinalityCertificate } from "../../schemas/generated.js";
import type { InputRecord } from "../stage.js";
import type { Difference, DifferenceCode } from "./difference.js";
import type { Check } from "./follower.js";
import type { OwnBlocks } from "./own-blocks.js";

/** shard.finalized: each height certified, in order, by a quorum, and for our block. The latest blocks may still wait. */
export class CertificateCheck implements Check<FinalityCertificate> {
  private height: number;

  constructor(
    private readonly network: Network,
    private readonly own: OwnBlocks,
  ) {
    this.height = own.start;
  }

  /** Blocks with a certificate. */
  get certified(): number {
    return this.height - this.own.start;
  }

  heightOf(certificate: FinalityCertificate): number {
    return certificate.header.height;
  }

  take(certificate: FinalityCertificate | undefined, { offset }: InputRecord): Difference | undefined {
    const { network, own } = this;
    if (!certificate)
      return this.differs("CERTIFICATE_INVALID", this.height + 1, "a record can't be read", offset);
    const { header, digest, signatures, signedStake, totalStake } = certificate;
    const { height } = header;
    const verified = verifyCertificate(header, signatures, network.consensus);
    if (!verified.ok) return this.differs("CERTIFICATE_INVALID", height, verified.fault, offset);
    if (!verified.digest.equals(digest))
      return this.differs("CERTIFICATE_INVALID", height, "it names another digest than its header's", offset);
    if (verified.signedStake !== signedStake || network.totalStake !== totalStake)
      return this.differs("CERTIFICATE_INVALID", height, "it names another stake than its signers'", offset);
    if (!own.has(height, digest))
      return this.differs("HEADER_DIFFERS", height, "the certified header is not the log's", offset);
    // finalize repeats certificates after a restart.
    if (height <= this.height) return undefined;
    if (height > this.height + 1)
      return this.differs("CERTIFICATE_MISSING", this.height + 1, `the next is for height ${height}`, offset);
    this.height = height;
    return undefined;
  }

  blockDone(): undefined {}

  finish(): undefined {}

  private differs(code: DifferenceCode, height: number, what: string, offset: number): Difference {
    return { code, shard: this.own.shard, height, offset, message: `shard.finalized: ${what}` };
  }
}
