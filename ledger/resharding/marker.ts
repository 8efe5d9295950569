import { codec } from "../../schemas/codec.js";
import type { TopologyMarker } from "../../schemas/generated.js";
import { type KeyPair, signEd25519, verifyEd25519 } from "../crypto/ed25519.js";
import { sha256 } from "../crypto/hash.js";

const MARKER_DOMAIN = Buffer.from("rustorium/topology-marker/v1\0");
const NO_SIGNATURE = Buffer.alloc(64);

function markerMessage(marker: TopologyMarker): Buffer {
  return sha256(MARKER_DOMAIN, codec("TopologyMarker").encode({ ...marker, signature: NO_SIGNATURE }));
}

/** @param assigner the key pair whose public half the genesis names */
export function signMarker(marker: Omit<TopologyMarker, "signature">, assigner: KeyPair): TopologyMarker {
  const unsigned = { ...marker, signature: NO_SIGNATURE };
  return { ...unsigned, signature: signEd25519(markerMessage(unsigned), assigner) };
}

export function isSignedMarker(marker: TopologyMarker, assignerKey: Buffer): boolean {
  return verifyEd25519(marker.signature, markerMessage(marker), assignerKey);
}
