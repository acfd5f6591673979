/**
 * The JavaScript of @tensorflow/tfjs-node-gpu (kernels and backend) on TensorFlow's C library, without its C++ addon.
 * Owns how the two are joined; must not know where the library was found or how it was installed.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { TensorflowBinding } from "./binding.ts";
import { openBinding } from "./binding.ts";
import { loadCLibrary } from "./c-api.ts";
import { registerWideKernels } from "./wide-kernels.ts";

type Tfjs = typeof import("@tensorflow/tfjs");

export interface TensorflowBackend {
  version: string;
  device: "CPU" | "GPU";
  binding: TensorflowBinding;
}

/**
 * Loads the library, registers the backend "tensorflow" with tfjs and makes it the active one.
 *
 * The package's own entry is not used: it asks @mapbox/node-pre-gyp for an addon that only an install script brings.
 * Its parts, the kernels and the backend class, need nothing but a binding.
 *
 * @param file path of libtensorflow_cc
 * @throws if the library cannot be loaded or opens no context; tfjs is then as it was before
 */
export async function openTensorflow(
  tf: Tfjs,
  file: string,
  options: { threads: number; cpuOnly?: boolean; quiet: boolean },
): Promise<TensorflowBackend> {
  const require = createRequire(import.meta.url);
  const silent = options.quiet && silenceLog();
  preferOneDnn();
  restoreRemovedUtilities(require);

  const binding = openBinding(loadCLibrary(file, { silent }), options);
  const { NodeJSKernelBackend } = loadNodeParts(require);
  registerWideKernels(tf, binding.isUsingGpuDevice() ? "GPU" : "CPU");
  const packageName = "@tensorflow/tfjs-node-gpu";
  // The backend reads the members of our binding and no others; the declared type names also two unused classes and
  // saved models, which nothing in mmfc loads.
  const addon = binding as unknown as ConstructorParameters<typeof NodeJSKernelBackend>[0];
  tf.registerBackend("tensorflow", () => new NodeJSKernelBackend(addon, packageName), 3);
  if (!(await tf.setBackend("tensorflow"))) throw new Error("tfjs does not start its TensorFlow backend.");
  return { version: binding.TF_Version, device: binding.isUsingGpuDevice() ? "GPU" : "CPU", binding };
}

type NodeParts = typeof import("@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js");

/**
 * Registers the kernels and gives the backend class. Our package carries both in one file (scripts/build.mjs): as a
 * dependency, @tensorflow/tfjs-node-gpu would run its install script at every user's, a download that we do without.
 */
function loadNodeParts(require: NodeJS.Require): NodeParts {
  const bundled = fileURLToPath(new URL("./tfjs-node.cjs", import.meta.url));
  if (existsSync(bundled)) return require(bundled) as NodeParts;
  require("@tensorflow/tfjs-node-gpu/dist/register_all_kernels.js");
  return require("@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js") as NodeParts;
}

/**
 * C++ reads these when it is loaded: warnings and notes off, errors still told through the status of each call.
 *
 * @returns false where the user has said what to log
 */
function silenceLog(): boolean {
  if (process.env.TF_CPP_MIN_LOG_LEVEL !== undefined) return false;
  process.env.TF_CPP_MIN_LOG_LEVEL = "2";
  return true;
}

/**
 * TensorFlow takes oneDNN's kernels by itself only on processors with AVX-512; without it they are several times as fast,
 * too (convolutions on AVX2: four to ten times).
 */
function preferOneDnn(): void {
  if (process.arch === "x64") process.env.TF_ENABLE_ONEDNN_OPTS ??= "1";
}

/** tfjs-node 4.22 calls two functions that Node 23 took out of node:util, and that Node 22 warns about. */
function restoreRemovedUtilities(require: NodeJS.Require): void {
  const util = require("node:util") as Record<string, unknown>;
  util.isNullOrUndefined = (value: unknown): boolean => value === null || value === undefined;
  util.isArray = Array.isArray;
}
