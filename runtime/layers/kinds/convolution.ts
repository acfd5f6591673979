/** Convolutions over one and two axes, by Keras's definitions. */
import type { Tensor, Tensor3D, Tensor4D } from "@tensorflow/tfjs";
import { type Activation, activate } from "../activations.ts";
import type { Core, LayerKind, WeightSpec } from "../kind.ts";
import { windowCount } from "../masks.ts";
import { sizeOf } from "../value.ts";
import { biased } from "../wide.ts";

export interface ConvOptions<Size, Padding> {
  readonly filters: number;
  readonly kernelSize: Size;
  readonly strides: Size;
  readonly padding: Padding;
  readonly dilationRate: Size;
  readonly activation?: Activation;
  readonly useBias: boolean;
}

export type Conv1dOptions = ConvOptions<number, "valid" | "same" | "causal">;
export type Conv2dOptions = ConvOptions<readonly [number, number], "valid" | "same">;

function convWeights(kernel: number[], channels: number, filters: number, useBias: boolean): WeightSpec[] {
  const specs: WeightSpec[] = [{ name: "kernel", shape: [...kernel, channels, filters], init: "glorot_uniform" }];
  return useBias ? [...specs, { name: "bias", shape: [filters], init: "zeros" }] : specs;
}

/** [B, s, c] → [B, s', filters] */
export const conv1d: LayerKind<Conv1dOptions> = {
  className: "Conv1D",
  outputShape: ([shape], o) => [
    shape![0]!,
    windowCount(sizeOf(shape!, 1), o.kernelSize, o.strides, o.dilationRate, o.padding),
    o.filters,
  ],
  weights: ([shape], o) => convWeights([o.kernelSize], sizeOf(shape!, -1), o.filters, o.useBias),
  call: ({ tf, weight }, [x], o) => {
    const kernel = weight("kernel") as unknown as Tensor3D;
    const reach = o.dilationRate * (o.kernelSize - 1);
    const causal = o.padding === "causal";
    const input =
      causal && reach > 0
        ? tf.pad(x!, [
            [0, 0],
            [reach, 0],
            [0, 0],
          ])
        : x!;
    const padding = causal ? "valid" : (o.padding as "valid" | "same");
    const product: Tensor =
      o.dilationRate === 1
        ? tf.conv1d(input as Tensor3D, kernel, o.strides, padding)
        : dilated(tf, tf.expandDims(input, 1), tf.expandDims(kernel, 0), [1, o.strides], [1, o.dilationRate], padding);
    const squeezed = product.rank === 4 ? tf.squeeze(product, [1]) : product;
    return activate(tf, o.useBias ? biased(tf, squeezed, weight("bias")) : squeezed, o.activation);
  },
};

/** [B, h, w, c] → [B, h', w', filters] */
export const conv2d: LayerKind<Conv2dOptions> = {
  className: "Conv2D",
  outputShape: ([shape], o) => [
    shape![0]!,
    ...[0, 1].map((i) =>
      windowCount(sizeOf(shape!, i + 1), o.kernelSize[i]!, o.strides[i]!, o.dilationRate[i]!, o.padding),
    ),
    o.filters,
  ],
  weights: ([shape], o) => convWeights([...o.kernelSize], sizeOf(shape!, -1), o.filters, o.useBias),
  call: ({ tf, weight }, [x], o) => {
    const kernel = weight("kernel") as unknown as Tensor4D;
    const product: Tensor = o.dilationRate.every((rate) => rate === 1)
      ? tf.conv2d(x as Tensor4D, kernel, [...o.strides] as [number, number], o.padding)
      : dilated(tf, x!, kernel, o.strides, o.dilationRate, o.padding);
    return activate(tf, o.useBias ? biased(tf, product, weight("bias")) : product, o.activation);
  },
};

/**
 * A convolution with gaps as one matrix product over shifted slices: tfjs has no gradient of its own for it.
 * x [B, h, w, c], kernel [p, q, c, f].
 */
function dilated(
  tf: Core,
  x: Tensor,
  kernel: Tensor,
  strides: readonly [number, number],
  rates: readonly [number, number],
  padding: "valid" | "same",
): Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const [p, q, , filters] = kernel.shape as [number, number, number, number];
  const out = [height, width].map((n, i) => windowCount(n, [p, q][i]!, strides[i]!, rates[i]!, padding)) as [
    number,
    number,
  ];
  const pads = [height, width].map((n, i) => {
    if (padding === "valid") return [0, 0];
    const whole = Math.max(0, (out[i]! - 1) * strides[i]! + rates[i]! * ([p, q][i]! - 1) + 1 - n);
    return [Math.floor(whole / 2), whole - Math.floor(whole / 2)];
  }) as [number, number][];
  const padded = pads.some(([a, b]) => a + b > 0) ? tf.pad(x, [[0, 0], ...pads, [0, 0]]) : x;
  const taps: Tensor[] = [];
  for (let i = 0; i < p; i++) {
    for (let j = 0; j < q; j++) {
      const [top, left] = [i * rates[0], j * rates[1]];
      if (strides[0] === 1 && strides[1] === 1) {
        taps.push(tf.slice(padded, [0, top, left, 0], [batch, out[0], out[1], channels]));
      } else {
        const end = [batch, top + (out[0] - 1) * strides[0] + 1, left + (out[1] - 1) * strides[1] + 1, channels];
        taps.push(tf.stridedSlice(padded, [0, top, left, 0], end, [1, strides[0], strides[1], 1]));
      }
    }
  }
  const columns = tf.reshape(tf.concat(taps, 3), [-1, p * q * channels]);
  const product = tf.matMul(columns as never, tf.reshape(kernel, [p * q * channels, filters]) as never) as Tensor;
  return tf.reshape(product, [batch, out[0], out[1], filters]);
}
