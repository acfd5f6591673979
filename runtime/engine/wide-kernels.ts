/**
 * Kernels of the TensorFlow backend that do at once what tfjs composes of many ops: gradients of activations, biases,
 * cross-entropies, batch normalization, LSTM; and products of two matrices without the detour over batches. Each has the
 * name of TensorFlow's op. Callers ask for them by `wideKernel` and have a composed form for engines without.
 */
import type { NamedAttrMap, NamedTensorMap, Tensor, TensorInfo } from "@tensorflow/tfjs";
import type { OpAttribute } from "./binding.ts";
import { bool, execute, float, floatType, int64, ints, type NativeBackend, text, zeros } from "./native.ts";

type Tfjs = typeof import("@tensorflow/tfjs");
type Inputs = { readonly [name: string]: TensorInfo };

/** How a kernel calls its op: attributes and inputs in TensorFlow's order, and the number of outputs. */
interface Call {
  readonly attributes: readonly OpAttribute[];
  readonly inputs: readonly TensorInfo[];
  readonly outputs: number;
}

const T = floatType("T");

/** An op over f32 inputs with no attribute but their type. */
const plain =
  (names: readonly string[], outputs = 1) =>
  (inputs: Inputs): Call => ({ attributes: [T], inputs: names.map((name) => inputs[name]!), outputs });

const calls: {
  readonly [op: string]: (inputs: Inputs, attrs: NamedAttrMap, backend: NativeBackend) => Call;
} = {
  ReluGrad: plain(["dy", "x"]),
  Relu6Grad: plain(["dy", "x"]),
  /** From the output, as TanhGrad. */
  SigmoidGrad: plain(["y", "dy"]),
  TanhGrad: plain(["y", "dy"]),

  /** x f32[…, c] + bias f32[c] */
  BiasAdd: ({ x, bias }) => ({ attributes: [T, text("data_format", "NHWC")], inputs: [x!, bias!], outputs: 1 }),
  BiasAddGrad: ({ dy }) => ({ attributes: [T, text("data_format", "NHWC")], inputs: [dy!], outputs: 1 }),

  /** x f32[N, h, w, c] → the largest of each window, and where it was; `MaxPoolGrad` would have to look again. */
  MaxPoolWithArgmax: ({ x }, attrs) => ({ attributes: windowsOf(attrs), inputs: [x!], outputs: 2 }),
  MaxPoolGradWithArgmax: ({ x, dy, places }, attrs) => ({
    attributes: windowsOf(attrs),
    inputs: [x!, dy!, places!],
    outputs: 1,
  }),

  /** logits f32[B, k], labels i32[B] → loss f32[B] and its gradient by the logits */
  SparseSoftmaxCrossEntropyWithLogits: ({ logits, labels }) => ({
    attributes: [T, { ...floatType("Tlabels"), value: TF_INT32 }],
    inputs: [logits!, labels!],
    outputs: 2,
  }),
  /** labels f32[B, k] */
  SoftmaxCrossEntropyWithLogits: plain(["logits", "labels"], 2),

  /**
   * x f32[N, h, w, c] over the batch → y, mean, variance (n / (n − 1)), and two that the gradient reads. `momentum`-free:
   * the moving statistics are the caller's.
   */
  FusedBatchNormV3: ({ x, scale, offset }, { epsilon }, backend) => ({
    attributes: [...normalization(epsilon as number), float("exponential_avg_factor", 1)],
    inputs: [x!, scale!, offset!, zeros(backend, [0]), zeros(backend, [0])],
    outputs: 6,
  }),
  FusedBatchNormGradV3: ({ dy, x, scale, first, second, third }, { epsilon }) => ({
    attributes: normalization(epsilon as number),
    inputs: [dy!, x!, scale!, first!, second!, third!],
    outputs: 5,
  }),

  /**
   * x f32[T, B, c], weights f32[c + u, 4u] (input over recurrent, gates i, f, c, o), bias f32[4u] → i, cell, f, o, candidate,
   * tanh(cell), h: f32[T, B, u] each. From a state of zeros.
   */
  BlockLSTMV2: ({ x, weights, bias }, _, backend) => ({
    attributes: [float("cell_clip", 0), bool("use_peephole", false), T],
    inputs: lstmInputs(backend, x!, weights!, bias!),
    outputs: 7,
  }),
  /** With all outputs of the above (`o0` … `o6`) and dh f32[T, B, u] → gradients, of which 0, 3 and 7 are x, weights, bias. */
  BlockLSTMGradV2: ({ x, weights, bias, dh, ...outputs }, _, backend) => ({
    attributes: [bool("use_peephole", false), T],
    inputs: [
      ...lstmInputs(backend, x!, weights!, bias!),
      ...Array.from({ length: 7 }, (_, i) => outputs[`o${i}`]!),
      zeros(backend, dh!.shape),
      dh!,
    ],
    outputs: 8,
  }),
};

const TF_INT32 = 3;
const TF_INT64 = 9;

function windowsOf({ size, strides, pad }: NamedAttrMap): OpAttribute[] {
  return [
    T,
    ints("ksize", [1, ...(size as number[]), 1]),
    ints("strides", [1, ...(strides as number[]), 1]),
    text("padding", (pad as string).toUpperCase()),
    { ...floatType("Targmax"), value: TF_INT64 },
    bool("include_batch_in_index", false),
  ];
}

function normalization(epsilon: number): OpAttribute[] {
  return [T, floatType("U"), float("epsilon", epsilon), text("data_format", "NHWC"), bool("is_training", true)];
}

function lstmInputs(backend: NativeBackend, x: TensorInfo, weights: TensorInfo, bias: TensorInfo): TensorInfo[] {
  const [steps, batch] = x.shape as [number, number];
  const units = bias.shape[0]! / 4;
  const state = zeros(backend, [batch, units]);
  const peephole = zeros(backend, [units]);
  return [int64(backend, steps), x, state, state, weights, peephole, peephole, peephole, bias];
}

/** With a GPU, the plain ones are cuDNN's. */
const onlyOnCpu: readonly string[] = ["MaxPoolWithArgmax", "MaxPoolGradWithArgmax"];

/** Registers the kernels for the TensorFlow backend. Doing it again changes nothing. */
export function registerWideKernels(tf: Tfjs, device: "CPU" | "GPU"): void {
  const backendName = "tensorflow";
  if (tf.getKernel("BlockLSTMV2", backendName) !== undefined) return;
  for (const [kernelName, call] of Object.entries(calls)) {
    if (device === "GPU" && onlyOnCpu.includes(kernelName)) continue;
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs, backend }) => {
        const native = backend as NativeBackend;
        const { attributes, inputs: ordered, outputs } = call(inputs as Inputs, attrs ?? {}, native);
        return execute(native, kernelName, attributes, ordered, outputs);
      },
    });
  }
  replaceMatMul(tf, backendName);
}

/** tfjs-node sends products of two matrices through BatchMatMulV2, which costs several times as much to start. */
function replaceMatMul(tf: Tfjs, backendName: string): void {
  const batched = tf.getKernel(tf.BatchMatMul, backendName);
  tf.unregisterKernel(tf.BatchMatMul, backendName);
  tf.registerKernel({
    ...batched,
    kernelFunc: (call) => {
      const { a, b } = call.inputs as { a: TensorInfo; b: TensorInfo };
      if (a.shape.length !== 2 || b.shape.length !== 2 || a.dtype !== "float32" || b.dtype !== "float32")
        return batched.kernelFunc(call);
      const { transposeA, transposeB } = call.attrs as unknown as { transposeA: boolean; transposeB: boolean };
      const attributes = [T, bool("transpose_a", transposeA), bool("transpose_b", transposeB)];
      return execute(call.backend as NativeBackend, "MatMul", attributes, [a, b], 1)[0] as Tensor;
    },
  });
}

/** Runs a kernel by name. Outside of `customGrad` and gradients, tfjs could not differentiate it. */
export type WideKernel = (inputs: NamedTensorMap, attrs?: NamedAttrMap) => Tensor[];

/** A kernel that the active engine may have, or undefined. */
export function wideKernel(tf: Tfjs, name: string): WideKernel | undefined {
  if (tf.getKernel(name, tf.getBackend()) === undefined) return undefined;
  return (inputs, attrs) => {
    const result = tf.engine().runKernel(name, inputs, attrs) as Tensor | Tensor[];
    return Array.isArray(result) ? result : [result];
  };
}
