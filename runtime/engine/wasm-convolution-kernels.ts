/**
 * Both gradients of conv2d on wasm, each as one forward convolution: the backend is fast at those. It lacks the one to
 * the filter, and its own to the input is a plain loop.
 */
import type { TensorInfo } from "@tensorflow/tfjs";
import { scratch } from "./scratch.ts";

type Tfjs = typeof import("@tensorflow/tfjs");
type KernelFunc = import("@tensorflow/tfjs").KernelFunc;
type Shape4 = [number, number, number, number];

interface ConvolutionAttributes {
  strides: number | [number, number];
  pad: "same" | "valid" | number;
  dataFormat: "NHWC" | "NCHW";
  dimRoundingMode?: "floor" | "round" | "ceil";
}

/**
 * dL/dfilter [h, w, C, K] of x [N, H, W, C] and dy [N, H', W', K]: with channels and rows changed over, dy is the
 * filter that slides over x, and where the forward direction strode, it has gaps.
 */
export function conv2dBackpropFilter(tf: Tfjs): KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const { x, dy } = inputs as unknown as { x: TensorInfo; dy: TensorInfo };
    const options = attrs as unknown as ConvolutionAttributes & { filterShape: Shape4 };
    const { padInfo, strideHeight, strideWidth, filterHeight, filterWidth, inChannels, outChannels } = infoOf(
      tf,
      x.shape as Shape4,
      options.filterShape,
      options,
    );
    const s = scratch(tf, "wasm", backend);
    const { top, bottom, left, right } = padInfo;
    const paddings = [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ];
    const changed = s.call(tf.Transpose, { x }, { perm: [3, 1, 2, 0] });
    const padded = s.call(tf.PadV2, { x: changed }, { paddings, constantValue: 0 });
    const filter = s.call(tf.Transpose, { x: dy }, { perm: [1, 2, 0, 3] });
    const slid = s.call(tf.Conv2D, { x: padded, filter }, forward([strideHeight, strideWidth]));
    // Rows that the last stride did not reach give positions beyond the filter.
    const size = [inChannels, filterHeight, filterWidth, outChannels];
    const cut = s.call(tf.Slice, { x: slid }, { begin: [0, 0, 0, 0], size });
    return s.keep(s.call(tf.Transpose, { x: cut }, { perm: [1, 2, 0, 3] }));
  };
}

/** dL/dx: the turned filter slides over dy, between whose values stand the zeros that the stride left out. */
export function conv2dBackpropInput(tf: Tfjs): KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const { dy, filter } = inputs as unknown as { dy: TensorInfo; filter: TensorInfo };
    const options = attrs as unknown as ConvolutionAttributes & { inputShape: Shape4 };
    const info = infoOf(tf, options.inputShape, filter.shape as Shape4, options);
    const { batchSize, outHeight, outWidth, outChannels, strideHeight, strideWidth, padInfo } = info;
    const s = scratch(tf, "wasm", backend);

    const spread = (x: TensorInfo, rows: number, stride: number, width: number): TensorInfo => {
      if (stride === 1) return x;
      const single = s.call(tf.Reshape, { x }, { shape: [rows, 1, width] });
      const paddings = [
        [0, 0],
        [0, stride - 1],
        [0, 0],
      ];
      return s.call(tf.PadV2, { x: single }, { paddings, constantValue: 0 });
    };
    const height = outHeight * strideHeight;
    const width = outWidth * strideWidth;
    const tall = spread(dy, batchSize * outHeight, strideHeight, outWidth * outChannels);
    const wide = spread(tall, batchSize * height * outWidth, strideWidth, outChannels);
    const loose = s.call(tf.Reshape, { x: wide }, { shape: [batchSize, height, width, outChannels] });
    const size = [batchSize, height - strideHeight + 1, width - strideWidth + 1, outChannels];
    const tight = s.call(tf.Slice, { x: loose }, { begin: [0, 0, 0, 0], size });

    const before = [info.filterHeight - 1 - padInfo.top, info.filterWidth - 1 - padInfo.left] as const;
    const after = [info.inHeight - (size[1] ?? 0) + padInfo.top, info.inWidth - (size[2] ?? 0) + padInfo.left] as const;
    const paddings = [
      [0, 0],
      [before[0], after[0]],
      [before[1], after[1]],
      [0, 0],
    ];
    const padded = s.call(tf.PadV2, { x: tight }, { paddings, constantValue: 0 });
    const reversed = s.call(tf.Reverse, { x: filter }, { dims: [0, 1] });
    const turned = s.call(tf.Transpose, { x: reversed }, { perm: [0, 1, 3, 2] });
    return s.keep(s.call(tf.Conv2D, { x: padded, filter: turned }, forward([1, 1])));
  };
}

function infoOf(tf: Tfjs, shape: Shape4, filterShape: Shape4, options: ConvolutionAttributes) {
  const { strides, pad, dimRoundingMode, dataFormat } = options;
  if (dataFormat === "NCHW") throw new Error("The gradients of conv2d on wasm take channels last only.");
  return tf.backend_util.computeConv2DInfo(shape, filterShape, strides, 1, pad, dimRoundingMode);
}

function forward(dilations: [number, number]): object {
  return { strides: [1, 1], pad: "valid", dataFormat: "NHWC", dilations, dimRoundingMode: undefined };
}
