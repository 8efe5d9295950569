import * as tf from "@tensorflow/tfjs-core";
import { MlError } from "../failure.js";
import { transposeBeforeProducts } from "./transposed-products.js";

/** What computes, the fastest first: TensorFlow's native library where somebody installed it, WebAssembly, plain JavaScript. */
export const BACKENDS = ["tensorflow", "wasm", "cpu"] as const;
export type Backend = (typeof BACKENDS)[number];

/** Never a dependency: its installation downloads, and may fail. By a variable, so that nobody needs its types either. */
const NATIVE_PACKAGE: string = "@tensorflow/tfjs-node";

/**
 * Makes a backend ready, the first of BACKENDS that works where none is asked for, and returns its name. The native one is taken
 * only if asked for: its sums round otherwise, and a seed would not give the same figures on two machines.
 * @throws MlError BACKEND_MISSING
 */
export async function useBackend(wanted?: Backend): Promise<Backend> {
  for (const backend of wanted ? [wanted] : BACKENDS.filter((name) => name !== "tensorflow")) {
    if (await isReady(backend)) return backend;
  }
  throw new MlError("BACKEND_MISSING", `TensorFlow.js has no backend ${wanted ?? BACKENDS.join(", ")} here`);
}

async function isReady(backend: Backend): Promise<boolean> {
  try {
    if (backend === "tensorflow") await import(NATIVE_PACKAGE);
    else if (backend === "cpu") await import("@tensorflow/tfjs-backend-cpu");
    else {
      await import("@tensorflow/tfjs-backend-wasm");
      transposeBeforeProducts();
    }
    return await tf.setBackend(backend);
  } catch {
    return false;
  }
}
