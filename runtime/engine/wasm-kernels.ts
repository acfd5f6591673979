/**
 * Kernels that tfjs's wasm backend lacks or computes slowly, made from kernels it has. What no training step spends
 * its time in is borrowed from tfjs's plain JavaScript backend. Must not know which layers use them.
 */
import type { Tensor, TensorInfo } from "@tensorflow/tfjs";
import { einsumKernel } from "./einsum-kernel.ts";
import type { ArrayBackend } from "./js-kernels.ts";
import { jsKernels } from "./js-kernels.ts";
import { scratch } from "./scratch.ts";
import { conv2dBackpropFilter, conv2dBackpropInput } from "./wasm-convolution-kernels.ts";

type Tfjs = typeof import("@tensorflow/tfjs");
type KernelFunc = import("@tensorflow/tfjs").KernelFunc;
type KernelArguments = Parameters<KernelFunc>[0];

/** Kernels over complex or ragged values, pictures and strings: no training step has them. */
const LEFT_OUT = new Set(
  "Complex ComplexAbs Draw FFT IFFT Imag RaggedGather RaggedRange RaggedTensorToTensor Real StaticRegexReplace".split(
    " ",
  ),
);

/** The backend's gradient of 3D max pooling is zero where a whole window is negative. */
const WRONG = ["MaxPool3DGrad"];

/** Registers every kernel that training needs and wasm lacks. Doing it again changes nothing. */
export async function registerMissingKernels(tf: Tfjs): Promise<void> {
  const original = tf.getKernel(tf.BatchMatMul, "wasm");
  if (registered.has(original.kernelFunc)) return;
  replace(tf, tf.BatchMatMul, transposingMatMul(tf, original.kernelFunc), original.setupFunc);
  replace(tf, tf.Conv2DBackpropFilter, conv2dBackpropFilter(tf));
  replace(tf, tf.Conv2DBackpropInput, conv2dBackpropInput(tf));
  for (const [kernelName, kernelFunc] of Object.entries(jsKernels(tf))) replace(tf, kernelName, kernelFunc);
  replace(tf, tf.Einsum, einsumKernel(tf, "wasm"));
  for (const kernelName of WRONG) replace(tf, kernelName, borrowed(tf, kernelName));

  const known = new Set(tf.getKernelsForBackend("wasm").map((kernel) => kernel.kernelName));
  for (const { kernelName } of tf.getKernelsForBackend("cpu")) {
    if (!known.has(kernelName) && !LEFT_OUT.has(kernelName)) replace(tf, kernelName, borrowed(tf, kernelName));
  }
}

const registered = new WeakSet<KernelFunc>();

function replace(tf: Tfjs, kernelName: string, kernelFunc: KernelFunc, setupFunc?: (backend: object) => void): void {
  if (tf.getKernelsForBackend("wasm").some((kernel) => kernel.kernelName === kernelName))
    tf.unregisterKernel(kernelName, "wasm");
  tf.registerKernel({ kernelName, backendName: "wasm", kernelFunc, ...(setupFunc && { setupFunc }) });
  registered.add(kernelFunc);
}

/**
 * The backend multiplies fast only what is not transposed, so a transposed operand is turned first.
 * Batches above one stay with its own loop.
 */
function transposingMatMul(tf: Tfjs, original: KernelFunc): KernelFunc {
  return (args) => {
    const { a, b } = args.inputs as unknown as { a: TensorInfo; b: TensorInfo };
    const { transposeA, transposeB } = args.attrs as unknown as { transposeA: boolean; transposeB: boolean };
    const single = [a, b].every(({ shape }) => tf.util.sizeFromShape(shape.slice(0, -2)) === 1);
    if (!single || (!transposeA && !transposeB)) return original(args);
    const s = scratch(tf, "wasm", args.backend);
    const turned = (x: TensorInfo, turn: boolean): TensorInfo => {
      if (!turn) return x;
      const perm = x.shape.map((_, axis) => axis);
      const last = perm.length - 1;
      perm[last] = last - 1;
      perm[last - 1] = last;
      return s.call(tf.Transpose, { x }, { perm });
    };
    const inputs = { a: turned(a, transposeA), b: turned(b, transposeB) };
    const product = original({ ...args, inputs, attrs: { transposeA: false, transposeB: false } });
    return s.keep(product as TensorInfo);
  };
}

/** The kernel of the plain JavaScript backend, with the values carried over and back. */
function borrowed(tf: Tfjs, kernelName: string): KernelFunc {
  return ({ inputs, attrs, backend }: KernelArguments) => {
    const wasm = backend as ArrayBackend;
    const plain = tf.findBackend("cpu") as ArrayBackend;
    const lent = Object.fromEntries(
      Object.entries(inputs).map(([name, info]) => {
        const { shape, dtype, dataId } = info as Tensor;
        return [name, { shape, dtype, dataId: plain.write(wasm.readSync(dataId), shape, dtype) }];
      }),
    );
    const { kernelFunc } = tf.getKernel(kernelName, "cpu");
    // Kernels with a list of inputs read them by index, and some iterate.
    const list = Array.isArray(inputs) ? (Object.values(lent) as unknown as typeof lent) : lent;
    const made = kernelFunc({ inputs: list, attrs, backend: plain });
    const outputs = (Array.isArray(made) ? made : [made]).map(({ shape, dtype, dataId }) => ({
      shape,
      dtype,
      dataId: wasm.write(plain.readSync(dataId), shape, dtype),
    }));
    const used = new Set([...Object.values(lent), ...(Array.isArray(made) ? made : [made])].map((info) => info.dataId));
    for (const dataId of used) plain.disposeData(dataId, true);
    return Array.isArray(made) ? outputs : outputs[0]!;
  };
}
