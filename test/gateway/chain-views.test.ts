import { describe, expect, it } from "vitest";
import { CertificatesView } from "../../gateway/views/certificates.js";
import { DirectoryView } from "../../gateway/views/directory.js";
import { initialShards } from "../../ledger/topology.js";
import { accountId, certificate, hash, shardRecord } from "./fixtures.js";

describe("CertificatesView", () => {
  it("holds the last ones of each shard and gives back what it took", () => {
    const view = new CertificatesView(3);
    for (let height = 1; height <= 5; height++) view.apply(certificate({ height }, hash(height)));
    view.apply(certificate({ shard: 0, height: 1 }));
    expect(view.certificate(2, 2)).toBeUndefined();
    expect(view.certificate(2, 3)).toEqual(certificate({ height: 3 }, hash(3)));
    expect(view.heads().map(({ shard, height }) => [shard, height])).toEqual([
      [0, 1],
      [2, 5],
    ]);
    view.apply(certificate({ height: 1 }, hash(1))); // read again after it was dropped
    expect(view.certificate(2, 3)).toBeDefined();
    expect(view.heads().at(-1)?.height).toBe(5);
  });

  it("keeps the first of two that contradict each other and counts it", () => {
    const view = new CertificatesView();
    view.apply(certificate());
    view.apply(certificate());
    expect(view.conflicts).toBe(0);
    view.apply(certificate({}, hash(66)));
    expect(view.conflicts).toBe(1);
    expect(view.certificate(2, 7)?.digest).toEqual(hash(9));
  });

  it("knows who signs", () => {
    const view = new CertificatesView();
    expect(view.signedShare(1)).toBe(0);
    view.apply(certificate({ height: 1 }));
    view.apply({ ...certificate({ height: 2 }), signatures: [] });
    expect(view.signedShare(1)).toBe(0.5);
    expect(view.signedShare(3)).toBe(0);
  });
});

describe("DirectoryView", () => {
  it("finds the shard of an account once the topology is whole", () => {
    const view = new DirectoryView();
    for (const shard of initialShards(4)) {
      expect(view.shardOf(accountId(1))).toBeUndefined();
      view.applyShard(shardRecord(shard));
    }
    expect(view.shardOf(accountId(1))?.prefix).toMatch(/^[01]{2}$/);
    expect(view.shardIn(3)?.shard).toBe(3);
    expect(view.shardIn(9)).toBeUndefined();
    view.applyShard({ ...shardRecord({ shard: 1, path: "7", prefix: "00", partition: 1 }), epoch: -1 });
    expect(view.shards()[1]?.path).toBe("1");
  });
});
