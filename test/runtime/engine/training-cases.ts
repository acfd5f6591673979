/**
 * What a training step is made of, one case each: layers of tf.layers and single ops, with a loss whose gradients two
 * engines can compare. Inputs come from a fixed formula, so every engine gets the same numbers.
 */
import type { LayersModel, Scalar, SymbolicTensor, Tensor } from "@tensorflow/tfjs";

export type Tfjs = typeof import("@tensorflow/tfjs");
type AnyLayer = { apply(x: SymbolicTensor): unknown };

/** Numbers between -1 and 1 without ties, the same on every engine. */
export function values(tf: Tfjs, shape: number[], seed = 1): Tensor {
  const size = tf.util.sizeFromShape(shape);
  const numbers = Float32Array.from({ length: size }, (_, i) => Math.sin((i + 1) * 12.9898 + seed * 78.233));
  return tf.tensor(numbers, shape);
}

export interface LayerCase {
  name: string;
  input: number[];
  /** Token numbers below this instead of numbers between -1 and 1. */
  tokens?: number;
  layers(tf: Tfjs): unknown[];
}

const BATCH = 3;

/** The layers, alone or with a dense layer before or behind them, so that gradients flow through them. */
export const LAYER_CASES: readonly LayerCase[] = [
  {
    name: "dense",
    input: [7],
    layers: (tf) => [tf.layers.dense({ units: 5, activation: "relu" }), tf.layers.dense({ units: 2 })],
  },
  { name: "dense on tokens", input: [4, 6], layers: (tf) => [tf.layers.dense({ units: 5, activation: "tanh" })] },
  {
    name: "embedding",
    input: [6],
    tokens: 9,
    layers: (tf) => [tf.layers.embedding({ inputDim: 9, outputDim: 4 }), tf.layers.globalAveragePooling1d()],
  },
  {
    name: "conv1d",
    input: [9, 3],
    layers: (tf) => [
      tf.layers.conv1d({ filters: 4, kernelSize: 3, padding: "same" }),
      tf.layers.conv1d({ filters: 2, kernelSize: 3, strides: 2 }),
    ],
  },
  {
    name: "conv2d, valid",
    input: [8, 7, 2],
    layers: (tf) => [
      tf.layers.conv2d({ filters: 3, kernelSize: 3 }),
      tf.layers.conv2d({ filters: 2, kernelSize: [2, 3] }),
    ],
  },
  {
    name: "conv2d, same",
    input: [7, 8, 2],
    layers: (tf) => [
      tf.layers.conv2d({ filters: 3, kernelSize: 3, padding: "same", activation: "relu" }),
      tf.layers.conv2d({ filters: 2, kernelSize: 5, padding: "same" }),
    ],
  },
  {
    name: "conv2d, strides",
    input: [9, 8, 2],
    layers: (tf) => [
      tf.layers.conv2d({ filters: 3, kernelSize: 3, strides: 2, padding: "same" }),
      tf.layers.conv2d({ filters: 2, kernelSize: 1, strides: 2 }),
    ],
  },
  {
    name: "conv2d transposed",
    input: [4, 5, 2],
    layers: (tf) => [tf.layers.conv2dTranspose({ filters: 3, kernelSize: 3, strides: 2, padding: "same" })],
  },
  {
    name: "depthwise conv2d",
    input: [7, 6, 3],
    layers: (tf) => [
      tf.layers.conv2d({ filters: 3, kernelSize: 1 }),
      tf.layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, padding: "same" }),
    ],
  },
  {
    name: "separable conv2d",
    input: [7, 6, 3],
    layers: (tf) => [
      tf.layers.conv2d({ filters: 3, kernelSize: 1 }),
      tf.layers.separableConv2d({ filters: 4, kernelSize: 3, strides: 2 }),
    ],
  },
  {
    name: "max pooling 2d",
    input: [6, 7, 2],
    layers: (tf) => [tf.layers.conv2d({ filters: 3, kernelSize: 1 }), tf.layers.maxPooling2d({ poolSize: 2 })],
  },
  {
    name: "average pooling 2d",
    input: [6, 7, 2],
    layers: (tf) => [
      tf.layers.conv2d({ filters: 3, kernelSize: 1 }),
      tf.layers.averagePooling2d({ poolSize: 3, strides: 2, padding: "same" }),
    ],
  },
  {
    name: "max pooling 1d",
    input: [8, 3],
    layers: (tf) => [tf.layers.dense({ units: 3 }), tf.layers.maxPooling1d({ poolSize: 2 })],
  },
  {
    name: "average pooling 1d",
    input: [8, 3],
    layers: (tf) => [tf.layers.dense({ units: 3 }), tf.layers.averagePooling1d({ poolSize: 3, strides: 2 })],
  },
  {
    name: "global pooling",
    input: [5, 4, 3],
    layers: (tf) => [
      tf.layers.conv2d({ filters: 3, kernelSize: 2 }),
      tf.layers.globalMaxPooling2d({}),
      tf.layers.dense({ units: 2 }),
    ],
  },
  {
    name: "upsampling 2d",
    input: [3, 4, 2],
    layers: (tf) => [tf.layers.conv2d({ filters: 2, kernelSize: 1 }), tf.layers.upSampling2d({ size: [2, 2] })],
  },
  {
    name: "batch normalization",
    input: [5, 4, 3],
    layers: (tf) => [tf.layers.conv2d({ filters: 4, kernelSize: 2 }), tf.layers.batchNormalization()],
  },
  {
    name: "layer normalization",
    input: [5, 6],
    layers: (tf) => [tf.layers.dense({ units: 6 }), tf.layers.layerNormalization()],
  },
  {
    name: "lstm",
    input: [5, 4],
    layers: (tf) => [tf.layers.lstm({ units: 6, returnSequences: true }), tf.layers.lstm({ units: 3 })],
  },
  {
    name: "gru",
    input: [5, 4],
    layers: (tf) => [tf.layers.gru({ units: 6, returnSequences: true }), tf.layers.gru({ units: 3 })],
  },
  {
    name: "bidirectional",
    input: [4, 3],
    layers: (tf) => [tf.layers.bidirectional({ layer: tf.layers.lstm({ units: 3 }) as never, mergeMode: "concat" })],
  },
  {
    name: "time distributed",
    input: [3, 5, 5, 1],
    layers: (tf) => [
      tf.layers.timeDistributed({ layer: tf.layers.conv2d({ filters: 2, kernelSize: 3 }) as never }),
      tf.layers.flatten(),
    ],
  },
];

/** The case's model with weights from the fixed formula (its normalization scales and variances positive). */
export function buildModel(tf: Tfjs, { input, layers: make }: LayerCase): LayersModel {
  const inputs = tf.input({ shape: input });
  let flow: SymbolicTensor = inputs;
  for (const layer of make(tf) as AnyLayer[]) flow = layer.apply(flow) as SymbolicTensor;
  const model = tf.model({ inputs, outputs: flow });
  const weights = model.weights.map((weight, index) => {
    const drawn = values(tf, weight.shape as number[], index + 2).mul(0.5);
    return /gamma|variance/.test(weight.originalName) ? drawn.abs().add(0.5) : drawn;
  });
  model.setWeights(weights);
  return model;
}

export function inputOf(tf: Tfjs, { input, tokens }: LayerCase): Tensor {
  const x = values(tf, [BATCH, ...input]);
  return tokens === undefined
    ? x
    : x
        .add(1)
        .mul(tokens / 2)
        .floor()
        .minimum(tokens - 1);
}

export interface OpCase {
  name: string;
  shapes: number[][];
  /** One tensor from the parameters; the loss is a weighted sum of its squares. */
  apply(tf: Tfjs, ...parameters: Tensor[]): Tensor;
}

const unary = (name: string, apply: (tf: Tfjs, x: Tensor) => Tensor): OpCase => ({ name, shapes: [[3, 4]], apply });
const positive = (x: Tensor): Tensor => x.abs().add(0.3);

/** Ops that the runtime's own layers, fusions and losses are made of. */
export const OP_CASES: readonly OpCase[] = [
  {
    name: "attention",
    shapes: [
      [2, 3, 4, 5],
      [2, 3, 6, 5],
      [2, 3, 6, 5],
    ],
    apply: (tf, q, k, v) => tf.matMul(tf.softmax(tf.matMul(q!, k!, false, true).div(Math.sqrt(5))), v!),
  },
  {
    name: "matMul, both transposed",
    shapes: [
      [5, 3],
      [4, 5],
    ],
    apply: (tf, a, b) => tf.matMul(a!, b!, true, true),
  },
  {
    name: "matMul, broadcast batch",
    shapes: [
      [2, 3, 4],
      [1, 4, 5],
    ],
    apply: (tf, a, b) => tf.matMul(a!, b!),
  },
  {
    name: "einsum, batch matrix product",
    shapes: [
      [2, 3, 4],
      [2, 4, 5],
    ],
    apply: (tf, a, b) => tf.einsum("bij,bjk->bik", a!, b!),
  },
  {
    name: "einsum, heads",
    shapes: [
      [2, 5, 3, 4],
      [2, 6, 3, 4],
    ],
    apply: (tf, a, b) => tf.einsum("bqhd,bkhd->bhqk", a!, b!),
  },
  {
    name: "einsum, outer",
    shapes: [
      [2, 3],
      [2, 4],
    ],
    apply: (tf, a, b) => tf.einsum("bi,bj->bij", a!, b!),
  },
  {
    name: "einsum, axes of one operand summed",
    shapes: [
      [2, 3, 4],
      [2, 5],
    ],
    apply: (tf, a, b) => tf.einsum("bij,bk->kb", a!, b!),
  },
  {
    name: "einsum, own and shared axes summed",
    shapes: [
      [2, 3, 4],
      [4, 5, 2],
    ],
    apply: (tf, a, b) => tf.einsum("bij,jkb->k", a!, b!),
  },
  { name: "einsum, one operand summed", shapes: [[2, 3, 4]], apply: (tf, a) => tf.einsum("bij->j", a!) },
  { name: "einsum, one operand", shapes: [[2, 3, 4]], apply: (tf, a) => tf.einsum("bij->jb", a!) },
  {
    name: "conv2d, dilated",
    shapes: [
      [2, 7, 8, 3],
      [3, 2, 3, 4],
    ],
    apply: (tf, x, w) => tf.conv2d(x as never, w as never, 1, "same", "NHWC", [2, 3]),
  },
  {
    name: "conv1d, dilated and valid",
    shapes: [
      [2, 9, 3],
      [3, 3, 4],
    ],
    apply: (tf, x, w) => tf.conv1d(x as never, w as never, 1, "valid", "NWC", 2),
  },
  {
    name: "conv2d, stride 3, rows left over",
    shapes: [
      [2, 9, 12, 2],
      [2, 4, 2, 3],
    ],
    apply: (tf, x, w) => tf.conv2d(x as never, w as never, [3, 3], "valid"),
  },
  {
    name: "average pooling, same",
    shapes: [[2, 5, 6, 3]],
    apply: (tf, x) => tf.avgPool(x as never, [3, 2], [2, 1], "same"),
  },
  { name: "max pooling, same", shapes: [[2, 5, 6, 3]], apply: (tf, x) => tf.maxPool(x as never, 3, 2, "same") },
  {
    name: "gather",
    shapes: [[5, 3]],
    apply: (tf, x) =>
      tf.gather(
        x!,
        tf.tensor2d(
          [
            [0, 4, 4],
            [2, 0, 1],
          ],
          [2, 3],
          "int32",
        ),
      ),
  },
  { name: "gather, axis 1", shapes: [[2, 5, 3]], apply: (tf, x) => tf.gather(x!, tf.tensor1d([4, 0, 4], "int32"), 1) },
  {
    name: "unsortedSegmentSum",
    shapes: [[5, 2]],
    apply: (tf, x) => tf.unsortedSegmentSum(x!, tf.tensor1d([0, 2, 0, 1, 2], "int32"), 4),
  },
  {
    name: "concat",
    shapes: [
      [2, 3],
      [2, 4],
    ],
    apply: (tf, a, b) => tf.concat([a!, b!], -1),
  },
  {
    name: "stack",
    shapes: [
      [2, 3],
      [2, 3],
    ],
    apply: (tf, a, b) => tf.stack([a!, b!], 1),
  },
  {
    name: "split",
    shapes: [[2, 6]],
    apply: (tf, x) => tf.split(x!, 3, 1).reduce((sum, part, i) => sum.add(part.mul(i + 1)), tf.scalar(0) as Tensor),
  },
  { name: "unstack", shapes: [[3, 4]], apply: (tf, x) => tf.unstack(x!).reduce((product, row) => product.mul(row)) },
  { name: "slice", shapes: [[4, 5]], apply: (tf, x) => tf.slice(x!, [1, 2], [2, 3]) },
  {
    name: "pad",
    shapes: [[3, 4]],
    apply: (tf, x) =>
      tf.pad(x!, [
        [1, 0],
        [2, 1],
      ]),
  },
  { name: "reverse", shapes: [[3, 4]], apply: (tf, x) => tf.reverse(x!, 1) },
  { name: "transpose", shapes: [[2, 3, 4]], apply: (tf, x) => tf.transpose(x!, [2, 0, 1]) },
  { name: "tile", shapes: [[2, 3, 1]], apply: (tf, x) => tf.tile(x!, [2, 1, 4]) },
  { name: "tile, rank 5", shapes: [[1, 2, 1, 2, 2]], apply: (tf, x) => tf.tile(x!, [2, 2, 3, 1, 2]) },
  { name: "broadcastTo", shapes: [[2, 1, 3]], apply: (tf, x) => tf.broadcastTo(x!, [2, 4, 3]) },
  { name: "cumsum", shapes: [[3, 5]], apply: (tf, x) => tf.cumsum(x!, 1) },
  { name: "cumsum, exclusive and reverse", shapes: [[3, 5]], apply: (tf, x) => tf.cumsum(x!, 0, true, true) },
  { name: "sum over two axes", shapes: [[2, 3, 4]], apply: (tf, x) => tf.sum(x!, [0, 2]) },
  { name: "mean, axis kept", shapes: [[2, 3, 4]], apply: (tf, x) => tf.mean(x!, 1, true) },
  { name: "mean of all", shapes: [[2, 3]], apply: (tf, x) => tf.mean(x!) },
  { name: "max", shapes: [[3, 5]], apply: (tf, x) => tf.max(x!, 1) },
  { name: "min", shapes: [[3, 5]], apply: (tf, x) => tf.min(x!, 0) },
  { name: "prod", shapes: [[3, 4]], apply: (tf, x) => tf.prod(x!, 1) },
  { name: "moments", shapes: [[3, 4]], apply: (tf, x) => tf.moments(x!, 1).variance },
  { name: "logSumExp", shapes: [[3, 4]], apply: (tf, x) => tf.logSumExp(x!, 1) },
  { name: "logSoftmax", shapes: [[3, 4]], apply: (tf, x) => tf.logSoftmax(x!) },
  {
    name: "where",
    shapes: [
      [3, 4],
      [3, 4],
    ],
    apply: (tf, a, b) => tf.where(a!.greater(0), a!, b!),
  },
  {
    name: "maximum and minimum",
    shapes: [
      [3, 4],
      [3, 4],
    ],
    apply: (tf, a, b) => tf.maximum(a!, b!).add(tf.minimum(a!, b!.mul(2))),
  },
  { name: "division, broadcast", shapes: [[3, 4], [4]], apply: (tf, a, b) => tf.div(a!, positive(b!)) },
  {
    name: "pow",
    shapes: [
      [3, 4],
      [3, 4],
    ],
    apply: (tf, a, b) => tf.pow(positive(a!), b!),
  },
  {
    name: "squaredDifference",
    shapes: [
      [3, 4],
      [1, 4],
    ],
    apply: (tf, a, b) => tf.squaredDifference(a!, b!),
  },
  {
    name: "maximum, broadcast",
    shapes: [[3, 4], [4]],
    apply: (tf, a, b) => tf.maximum(a!, b!).add(tf.minimum(b!, a!)),
  },
  {
    name: "where, from comparisons",
    shapes: [
      [3, 4],
      [3, 4],
    ],
    apply: (tf, a, b) => tf.where(tf.logicalAnd(a!.less(0.5), b!.notEqual(0)), a!, b!),
  },
  { name: "clipByValue", shapes: [[3, 4]], apply: (tf, x) => tf.clipByValue(x!, -0.4, 0.6) },
  { name: "norm", shapes: [[3, 4]], apply: (tf, x) => tf.div(x!, tf.norm(x!, 2, 1, true)) },
  {
    name: "cross-entropy from logits",
    shapes: [[4, 3]],
    apply: (tf, x) => tf.losses.softmaxCrossEntropy(tf.oneHot(tf.tensor1d([0, 2, 1, 1], "int32"), 3), x!),
  },
  {
    name: "binary cross-entropy from logits",
    shapes: [[4, 1]],
    apply: (tf, x) => tf.losses.sigmoidCrossEntropy(tf.tensor2d([[1], [0], [0], [1]]), x!),
  },
  { name: "huber", shapes: [[4, 2]], apply: (tf, x) => tf.losses.huberLoss(tf.zeros([4, 2]), x!, undefined, 0.5) },
  unary("erf", (_, x) => x.erf()),
  unary("log1p", (_, x) => positive(x).log1p()),
  unary("expm1", (_, x) => x.expm1()),
  unary("log", (_, x) => positive(x).log()),
  unary("sqrt", (_, x) => positive(x).sqrt()),
  unary("rsqrt", (_, x) => positive(x).rsqrt()),
  unary("reciprocal", (_, x) => positive(x).reciprocal()),
  unary("abs", (_, x) => x.abs()),
  unary("sigmoid", (_, x) => x.sigmoid()),
  unary("tanh", (_, x) => x.tanh()),
  unary("softplus", (_, x) => x.softplus()),
  unary("relu", (_, x) => x.relu()),
  unary("relu6", (_, x) => x.mul(10).relu6()),
  unary("leakyRelu", (_, x) => x.leakyRelu(0.2)),
  unary("elu", (_, x) => x.elu()),
  unary("selu", (_, x) => x.selu()),
  unary("sin and cos", (_, x) => x.sin().add(x.cos())),
];

/** The loss of an op's result: every element with another weight, so that no gradient is constant by accident. */
export function lossOf(tf: Tfjs, result: Tensor): Scalar {
  return tf.sum(result.mul(result).mul(values(tf, result.shape, 7))).add(tf.sum(result)) as Scalar;
}

/** Gradients of one model's weights and its loss, as plain numbers. */
export async function modelGradients(tf: Tfjs, layerCase: LayerCase): Promise<Record<string, number[]>> {
  const model = buildModel(tf, layerCase);
  const x = inputOf(tf, layerCase);
  const { value, grads } = tf.variableGrads(() => lossOf(tf, model.apply(x, { training: true }) as Tensor));
  const named: [string, number[]][] = [["loss", [...(await value.data())]]];
  // Names end in a counter that goes on from model to model; the order of weights does not change.
  const trainable = model.trainableWeights.map((weight) => (weight as unknown as { val: { name: string } }).val.name);
  for (const [index, name] of trainable.entries()) named.push([`weight ${index}`, [...(await grads[name]!.data())]]);
  model.dispose();
  return Object.fromEntries(named);
}

export async function opGradients(tf: Tfjs, { shapes, apply }: OpCase): Promise<Record<string, number[]>> {
  const parameters = shapes.map((shape, index) => values(tf, shape, index + 1));
  const { value, grads } = tf.valueAndGrads((...x: Tensor[]) => lossOf(tf, apply(tf, ...x)))(parameters);
  const named: [string, number[]][] = [["loss", [...(await value.data())]]];
  for (const [index, gradient] of grads.entries()) named.push([`parameter ${index}`, [...(await gradient.data())]]);
  return Object.fromEntries(named);
}

/** Three Adam steps and the losses before each. */
export function trainBriefly(tf: Tfjs, layerCase: LayerCase, steps = 3): number[] {
  const model = buildModel(tf, layerCase);
  const optimizer = tf.train.adam(0.01);
  const losses: number[] = [];
  const x = inputOf(tf, layerCase);
  for (let step = 0; step < steps; step++) {
    const current = optimizer.minimize(
      () => tf.mean((model.apply(x, { training: true }) as Tensor).square()) as Scalar,
      true,
    );
    losses.push(current?.dataSync()[0] ?? Number.NaN);
    current?.dispose();
  }
  x.dispose();
  model.dispose();
  optimizer.dispose();
  return losses;
}

/** The largest difference between two results, relative to the larger of 1 and the expected number. */
export function difference(got: Record<string, number[]>, expected: Record<string, number[]>): number {
  let worst = Object.keys(got).length === Object.keys(expected).length ? 0 : Infinity;
  for (const [name, numbers] of Object.entries(expected)) {
    if (got[name]?.length !== numbers.length) return Infinity;
    numbers.forEach((number, i) => {
      const off = Math.abs(got[name]![i]! - number) / Math.max(1, Math.abs(number));
      worst = Number.isNaN(off) ? Infinity : Math.max(worst, off);
    });
  }
  return worst;
}
