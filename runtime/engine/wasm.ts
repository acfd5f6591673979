/**
 * The floor below TensorFlow: tfjs's WebAssembly backend, its binary taken from node_modules, with the kernels that
 * training needs and the backend lacks. Must not know why there is no TensorFlow.
 */
import { createRequire } from "node:module";
import path from "node:path";
import { registerMissingKernels } from "./wasm-kernels.ts";

type Tfjs = typeof import("@tensorflow/tfjs");

/**
 * Starts the wasm backend and makes it the active one.
 *
 * @throws if WebAssembly does not start here
 */
export async function openWasm(tf: Tfjs): Promise<void> {
  const require = createRequire(import.meta.url);
  const wasm = require("@tensorflow/tfjs-backend-wasm") as typeof import("@tensorflow/tfjs-backend-wasm");
  wasm.setWasmPaths(`${path.dirname(require.resolve("@tensorflow/tfjs-backend-wasm"))}/`);
  const started = await withoutNewListeners(() => tf.setBackend("wasm"));
  if (!started) throw new Error("tfjs does not start its wasm backend");
  await registerMissingKernels(tf);
}

/** Emscripten's start-up listens for uncaught errors of the whole process and rethrows them; those of others stay. */
async function withoutNewListeners<T>(start: () => Promise<T>): Promise<T> {
  const events = ["uncaughtException", "unhandledRejection"] as const;
  const before = events.map((event) => new Set<unknown>(process.listeners(event as "uncaughtException")));
  const result = await start();
  events.forEach((event, index) => {
    for (const listener of process.listeners(event as "uncaughtException"))
      if (!before[index]?.has(listener)) process.removeListener(event, listener);
  });
  return result;
}
