// The parts that we use of two native packages that come without types.

declare module "sodium-native" {
  const sodium: {
    crypto_hash_sha256(output: Uint8Array, input: Uint8Array): void;
    crypto_generichash(output: Uint8Array, input: Uint8Array, key: Uint8Array): void;
    crypto_generichash_batch(output: Uint8Array, parts: Uint8Array[], key: Uint8Array): void;
    crypto_sign_seed_keypair(publicKey: Uint8Array, secretKey: Uint8Array, seed: Uint8Array): void;
    crypto_sign_detached(signature: Uint8Array, message: Uint8Array, secretKey: Uint8Array): void;
    crypto_sign_verify_detached(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
    sodium_memcmp(left: Uint8Array, right: Uint8Array): boolean;
  };
  export default sodium;
}

declare module "secp256k1" {
  const secp256k1: {
    privateKeyVerify(privateKey: Uint8Array): boolean;
    publicKeyCreate(privateKey: Uint8Array, compressed: boolean, output: Uint8Array): Uint8Array;
    ecdsaSign(digest: Uint8Array, privateKey: Uint8Array): { signature: Uint8Array; recid: number };
    /** Throws when no key can be recovered. */
    ecdsaRecover(
      signature: Uint8Array,
      recoveryId: number,
      digest: Uint8Array,
      compressed: boolean,
      output: Uint8Array,
    ): Uint8Array;
  };
  export default secp256k1;
}

/** The part of the JavaScript API that is used here; Node's types don't have it, and the DOM's say too much. */
declare namespace WebAssembly {
  function validate(bytes: Uint8Array): boolean;
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    constructor(module: Module);
    readonly exports: Readonly<Record<string, unknown>>;
  }
  interface Memory {
    readonly buffer: ArrayBuffer;
  }
  interface Global {
    readonly value: number;
  }
}
