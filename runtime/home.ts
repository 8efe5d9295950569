import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type KeyPair, keyPairFromSeed } from "../ledger/crypto/ed25519.js";

const SEED_BYTES = 32;

/** A secret or hash that a process needs isn't configured. */
export class HomeError extends Error {
  constructor(
    readonly code: "NO_MAC_KEY" | "NO_VALIDATOR_KEY" | "NO_TOPOLOGY_KEY" | "BAD_SECRET",
    message: string,
  ) {
    super(message);
    this.name = "HomeError";
  }
}

/** Who signs for the shard tree: whoever proposes changes, and shard-assign, which turns to the shards after them. */
export type TopologyRole = "operator" | "assigner";

/**
 * Directory of a network's secrets and hash: `<home>/<network>/genesis.hash`, `mac.key`, `operator.key`, `assigner.key`,
 * `validators/<n>.key`, each hex.
 * Every process needs only its own part of it. `validators.json` beside them is for whoever checks proofs, and no secret.
 */
export class Home {
  constructor(
    readonly directory: string,
    readonly network: string,
  ) {}

  private path(...names: string[]): string {
    return join(this.directory, this.network, ...names);
  }

  get storesDirectory(): string {
    return this.path("stores");
  }

  private readHex(path: string, bytes: number): Buffer | undefined {
    let text: string;
    try {
      text = readFileSync(path, "utf8").trim();
    } catch {
      return undefined;
    }
    if (!new RegExp(`^[0-9a-f]{${2 * bytes}}$`).test(text)) {
      throw new HomeError("BAD_SECRET", `${path} doesn't hold ${bytes} bytes in hex`);
    }
    return Buffer.from(text, "hex");
  }

  private write(path: string, bytes: Buffer): void {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${bytes.toString("hex")}\n`, { mode: 0o600 });
  }

  private readOrMake(path: string): Buffer {
    const found = this.readHex(path, SEED_BYTES);
    if (found) return found;
    const made = randomBytes(SEED_BYTES);
    this.write(path, made);
    return made;
  }

  /** Where the scaler keeps its network from one start to the next. */
  get modelPath(): string {
    return this.path("forecast-model.json");
  }

  genesisHash(): Buffer | undefined {
    return this.readHex(this.path("genesis.hash"), 32);
  }

  saveGenesisHash(hash: Buffer): void {
    this.write(this.path("genesis.hash"), hash);
  }

  /** Keeps the trust file; returns its path. */
  saveTrust(text: string): string {
    const path = this.path("validators.json");
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  makeMacKey(): Buffer {
    return this.readOrMake(this.path("mac.key"));
  }

  macKey(): Buffer {
    const key = this.readHex(this.path("mac.key"), SEED_BYTES);
    if (!key)
      throw new HomeError("NO_MAC_KEY", `${this.path("mac.key")} is missing: \`rustorium genesis\` makes it`);
    return key;
  }

  makeValidatorKey(validator: number): KeyPair {
    return keyPairFromSeed(this.readOrMake(this.path("validators", `${validator}.key`)));
  }

  makeTopologyKey(role: TopologyRole): KeyPair {
    return keyPairFromSeed(this.readOrMake(this.path(`${role}.key`)));
  }

  topologyKey(role: TopologyRole): KeyPair {
    const path = this.path(`${role}.key`);
    const seed = this.readHex(path, SEED_BYTES);
    if (!seed) throw new HomeError("NO_TOPOLOGY_KEY", `${path} is missing: \`rustorium genesis\` makes it`);
    return keyPairFromSeed(seed);
  }

  validatorKey(validator: number): KeyPair {
    const path = this.path("validators", `${validator}.key`);
    const seed = this.readHex(path, SEED_BYTES);
    if (!seed) throw new HomeError("NO_VALIDATOR_KEY", `${path} is missing: \`rustorium genesis\` makes it`);
    return keyPairFromSeed(seed);
  }
}
