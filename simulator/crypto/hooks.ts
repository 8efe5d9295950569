/** Modules that the simulator puts in the place of costly ones, by the name that the ledger imports. */
const REPLACED: Readonly<Record<string, string>> = {
  "sodium-native": "./cheap-sodium.js",
  secp256k1: "./cheap-secp256k1.js",
  "./poseidon-kernel.js": "./cheap-poseidon.js",
};

interface ResolveContext {
  readonly parentURL?: string;
}
type Resolved = { url: string; shortCircuit?: boolean };
type Next = (specifier: string, context: ResolveContext) => Resolved | Promise<Resolved>;

/** Node's hook for resolving modules (`module.register`). The replacements themselves get the real modules. */
export function resolve(
  specifier: string,
  context: ResolveContext,
  next: Next,
): Resolved | Promise<Resolved> {
  const replacement = REPLACED[specifier];
  if (replacement === undefined || context.parentURL?.startsWith(new URL("./", import.meta.url).href)) {
    return next(specifier, context);
  }
  return { url: new URL(replacement, import.meta.url).href, shortCircuit: true };
}
