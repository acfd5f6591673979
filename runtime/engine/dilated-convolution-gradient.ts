/**
 * The gradient of a dilated convolution, which tfjs refuses on every engine. Made of slices, matrix products and one
 * dilated convolution, so each engine computes it with what it has.
 */
import type { GradConfig, Tensor, Tensor4D } from "@tensorflow/tfjs";

type Tfjs = typeof import("@tensorflow/tfjs");
type Pair = [number, number];

interface Conv2DAttributes {
  strides: Pair | number;
  pad: "same" | "valid" | number;
  dataFormat: "NHWC" | "NCHW";
  dilations: Pair | number;
}

const OWN = Symbol("dilated convolution");

/** tfjs's gradient of Conv2D, and ours where a dilation is above one. Given ours, returns it as it is. */
export function dilatedConvolutionGradient(tf: Tfjs): GradConfig {
  const plain = tf.getGradient(tf.Conv2D) as GradConfig & { [OWN]?: true };
  if (plain[OWN]) return plain;
  const gradient: GradConfig & { [OWN]: true } = {
    kernelName: tf.Conv2D,
    inputsToSave: ["x", "filter"],
    [OWN]: true,
    gradFunc: (dy, saved, attrs) => {
      const { dilations, pad, dataFormat } = attrs as unknown as Conv2DAttributes;
      const [down, across] = typeof dilations === "number" ? [dilations, dilations] : dilations;
      if ((down === 1 && across === 1) || dataFormat === "NCHW") return plain.gradFunc(dy, saved, attrs);
      const [x, filter] = saved as [Tensor4D, Tensor4D];
      const gradients = stridelessGradients(tf, dy as Tensor4D, x, filter, pad, [down, across]);
      return { x: gradients.x, filter: gradients.filter };
    },
  };
  return gradient;
}

/** A dilated convolution always has strides of one; tfjs checks it in the forward direction. */
function stridelessGradients(
  tf: Tfjs,
  dy: Tensor4D,
  x: Tensor4D,
  filter: Tensor4D,
  pad: "same" | "valid" | number,
  dilations: Pair,
) {
  const [height, width, inputs, outputs] = filter.shape;
  const { padInfo, outHeight, outWidth, batchSize } = tf.backend_util.computeConv2DInfo(
    x.shape,
    filter.shape,
    1,
    dilations,
    pad,
  );
  const reach: Pair = [(height - 1) * dilations[0], (width - 1) * dilations[1]];

  /** dL/dx: dy convolved with the turned filter, under the padding that the forward direction left out. */
  const ofX = (): Tensor => {
    const turned = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]);
    const { top, bottom, left, right } = padInfo;
    const around = tf.pad(dy, [
      [0, 0],
      [reach[0] - top, reach[0] - bottom],
      [reach[1] - left, reach[1] - right],
      [0, 0],
    ]);
    return tf.conv2d(around, turned as Tensor4D, 1, "valid", "NHWC", dilations);
  };

  /** dL/dfilter: for each tap, what it saw of x, times dy. */
  const ofFilter = (): Tensor => {
    const { top, bottom, left, right } = padInfo;
    const padded = tf.pad(x, [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ]);
    const rows = batchSize * outHeight * outWidth;
    const flatDy = tf.reshape(dy, [rows, outputs]);
    const taps: Tensor[] = [];
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j++) {
        const begin = [0, i * dilations[0], j * dilations[1], 0];
        const seen = tf.slice(padded, begin, [batchSize, outHeight, outWidth, inputs]);
        taps.push(tf.matMul(tf.reshape(seen, [rows, inputs]), flatDy, true, false));
      }
    }
    return tf.reshape(tf.stack(taps), filter.shape);
  };
  return { x: ofX, filter: ofFilter };
}
