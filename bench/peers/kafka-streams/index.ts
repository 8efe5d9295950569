export { type BuildOptions, buildPeer, type PeerBuild, peerIsBuilt } from "./build.js";
export { type PeerOptions, type PeerSignature, type RunningPeer, startPeer } from "./start.js";
export { type PeerStatus, type PeerStatusKind, readPeerStatus } from "./status.js";
export { peerTopics } from "./topics.js";
