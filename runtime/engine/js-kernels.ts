/**
 * Kernels written out in JavaScript for the two backends below TensorFlow, where theirs are missing, wrong or slow.
 * They read and write whole arrays, so they suit any backend. Must not know gradients.
 */
import type { backend_util, KernelBackend, TensorInfo } from "@tensorflow/tfjs";

type Tfjs = typeof import("@tensorflow/tfjs");
type KernelFunc = import("@tensorflow/tfjs").KernelFunc;
type Shape4 = [number, number, number, number];

/** What these kernels use of a backend. */
export interface ArrayBackend extends KernelBackend {
  write(values: backend_util.BackendValues, shape: number[], dtype: TensorInfo["dtype"]): object;
  readSync(dataId: object): backend_util.BackendValues;
}

/** The kernels by name; register them for a backend with its name. */
export function jsKernels(tf: Tfjs): Record<string, KernelFunc> {
  return {
    [tf.Tile]: tile(tf),
    [tf.UnsortedSegmentSum]: unsortedSegmentSum(tf),
    [tf.AvgPoolGrad]: averagePoolGradient(tf),
    [tf.MaxPoolGrad]: maxPoolGradient(tf),
    [tf.ResizeNearestNeighborGrad]: resizeNearestGradient(tf),
    [tf.OneHot]: oneHot(tf),
  };
}

function numbersOf(backend: unknown, info: TensorInfo): Float32Array {
  return (backend as ArrayBackend).readSync(info.dataId) as Float32Array;
}

function outputOf(
  backend: unknown,
  values: Float32Array | Int32Array | Uint8Array,
  shape: number[],
  dtype: TensorInfo["dtype"],
): TensorInfo {
  return { dataId: (backend as ArrayBackend).write(values, shape, dtype), shape, dtype };
}

/**
 * Repeats x along its axes, from the last axis outwards, a block at a time. tfjs's own compute the place of each single
 * element, which takes a hundred times as long, and every gradient of a sum or a mean is a tile.
 */
function tile(tf: Tfjs): KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const { x } = inputs as unknown as { x: TensorInfo };
    const { reps } = attrs as unknown as { reps: number[] };
    if (x.dtype === "complex64") throw new Error("tile does not take complex numbers here.");
    const shape = x.shape.map((size, axis) => size * (reps[axis] ?? 1));
    let values = (backend as ArrayBackend).readSync(x.dataId) as Float32Array | Uint8Array[];
    let inner = 1;
    for (let axis = x.shape.length - 1; axis >= 0; axis--) {
      inner *= x.shape[axis] ?? 1;
      values = repeatBlocks(tf, values, inner, reps[axis] ?? 1, x.dtype);
      inner *= reps[axis] ?? 1;
    }
    return { dataId: (backend as ArrayBackend).write(values, shape, x.dtype), shape, dtype: x.dtype };
  };
}

/** Each block of `length` values, `times` times in a row. */
function repeatBlocks<T extends Float32Array | Uint8Array[]>(
  tf: Tfjs,
  values: T,
  length: number,
  times: number,
  dtype: TensorInfo["dtype"],
): T {
  if (times === 1) return values;
  const size = values.length * times;
  if (Array.isArray(values)) {
    const at = (i: number): number => Math.floor(i / (length * times)) * length + (i % length);
    return Array.from({ length: size }, (_, i) => values[at(i)]) as T;
  }
  const repeated = tf.util.getTypedArrayFromDType(dtype as "float32", size);
  let target = 0;
  for (let start = 0; start < values.length; start += length) {
    if (length === 1) {
      repeated.fill(values[start]!, target, target + times);
      target += times;
      continue;
    }
    const block = values.subarray(start, start + length);
    for (let i = 0; i < times; i++, target += length) repeated.set(block, target);
  }
  return repeated as T;
}

/**
 * Sums the rows of x by segment; x [ids…, rest…] gives [numSegments, rest…]. Ids out of range are dropped.
 * The gradient of an embedding: tfjs's own walks all rows once for each segment.
 */
function unsortedSegmentSum(tf: Tfjs): KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const { x, segmentIds } = inputs as unknown as { x: TensorInfo; segmentIds: TensorInfo };
    const { numSegments } = attrs as unknown as { numSegments: number };
    const values = numbersOf(backend, x);
    const ids = numbersOf(backend, segmentIds);
    const rest = x.shape.slice(segmentIds.shape.length);
    const width = tf.util.sizeFromShape(rest);
    const sums = tf.util.getTypedArrayFromDType(x.dtype as "float32" | "int32", numSegments * width);
    ids.forEach((segment, row) => {
      if (segment < 0 || segment >= numSegments) return;
      for (let k = 0; k < width; k++) sums[segment * width + k]! += values[row * width + k]!;
    });
    return outputOf(backend, sums, [numSegments, ...rest], x.dtype);
  };
}

/**
 * dL/dx of average pooling. Each output shares its gradient among the inputs it saw: at a padded edge fewer than the
 * window holds, which tfjs's own forgets.
 */
function averagePoolGradient(tf: Tfjs): KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const { dy, input } = inputs as unknown as { dy: TensorInfo; input: TensorInfo };
    const pool = poolInfo(tf, input, attrs);
    const { inHeight, inWidth, inChannels, outHeight, outWidth, padInfo } = pool;
    const gradient = numbersOf(backend, dy);
    const dx = new Float32Array(tf.util.sizeFromShape(input.shape));
    let at = 0;
    for (let n = 0; n < pool.batchSize; n++) {
      for (let i = 0; i < outHeight; i++) {
        const [top, bottom] = clip(i * pool.strideHeight - padInfo.top, pool.filterHeight, inHeight);
        for (let j = 0; j < outWidth; j++) {
          const [left, right] = clip(j * pool.strideWidth - padInfo.left, pool.filterWidth, inWidth);
          const share = 1 / ((bottom - top) * (right - left));
          for (let c = 0; c < inChannels; c++, at++) {
            const amount = gradient[at]! * share;
            for (let y = top; y < bottom; y++)
              for (let x = left; x < right; x++) dx[((n * inHeight + y) * inWidth + x) * inChannels + c]! += amount;
          }
        }
      }
    }
    return outputOf(backend, dx, input.shape, "float32");
  };
}

/**
 * dL/dx of max pooling: each output's gradient goes to the first largest input of its window. wasm's own loses it where
 * a whole window is negative; that of plain JavaScript is right but slow.
 */
function maxPoolGradient(tf: Tfjs): KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const { dy, input } = inputs as unknown as { dy: TensorInfo; input: TensorInfo };
    const pool = poolInfo(tf, input, attrs);
    const { inHeight, inWidth, inChannels, outHeight, outWidth, padInfo } = pool;
    const gradient = numbersOf(backend, dy);
    const x = numbersOf(backend, input);
    const dx = new Float32Array(x.length);
    let at = 0;
    for (let n = 0; n < pool.batchSize; n++) {
      for (let i = 0; i < outHeight; i++) {
        const [top, bottom] = clip(i * pool.strideHeight - padInfo.top, pool.filterHeight, inHeight);
        for (let j = 0; j < outWidth; j++) {
          const [left, right] = clip(j * pool.strideWidth - padInfo.left, pool.filterWidth, inWidth);
          for (let c = 0; c < inChannels; c++, at++) {
            let largest = ((n * inHeight + top) * inWidth + left) * inChannels + c;
            for (let row = top; row < bottom; row++) {
              for (let column = left; column < right; column++) {
                const candidate = ((n * inHeight + row) * inWidth + column) * inChannels + c;
                if (x[candidate]! > x[largest]!) largest = candidate;
              }
            }
            dx[largest]! += gradient[at]!;
          }
        }
      }
    }
    return outputOf(backend, dx, input.shape, "float32");
  };
}

function poolInfo(tf: Tfjs, input: TensorInfo, attrs: unknown): backend_util.Conv2DInfo {
  const { filterSize, strides, pad, dimRoundingMode } = attrs as {
    filterSize: [number, number];
    strides: [number, number];
    pad: "same" | "valid" | number;
    dimRoundingMode?: "floor" | "round" | "ceil";
  };
  return tf.backend_util.computePool2DInfo(input.shape as Shape4, filterSize, strides, 1, pad, dimRoundingMode);
}

function clip(start: number, length: number, size: number): [from: number, to: number] {
  return [Math.max(0, start), Math.min(size, start + length)];
}

/**
 * indices […] gives […, depth]: `onValue` at the index, `offValue` elsewhere; an index out of range is nowhere. wasm's own
 * writes whole numbers whatever the dtype, so that a float 1 came out as 1.4e-45 and no class was ever right.
 */
function oneHot(tf: Tfjs): KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const { indices } = inputs as unknown as { indices: TensorInfo };
    const { depth, onValue, offValue, dtype } = attrs as unknown as {
      depth: number;
      onValue: number;
      offValue: number;
      dtype: "float32" | "int32";
    };
    const at = numbersOf(backend, indices);
    const values = tf.util.getTypedArrayFromDType(dtype, at.length * depth).fill(offValue);
    at.forEach((index, row) => {
      if (index >= 0 && index < depth) values[row * depth + index] = onValue;
    });
    return outputOf(backend, values, [...indices.shape, depth], dtype);
  };
}

/** dL/dx of nearest-neighbour resizing: every output's gradient goes to the one input it copied. */
function resizeNearestGradient(tf: Tfjs): KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const { dy, images } = inputs as unknown as { dy: TensorInfo; images: TensorInfo };
    const options = attrs as unknown as { alignCorners: boolean; halfPixelCenters?: boolean };
    const [batch, height, width, channels] = images.shape as Shape4;
    const [, newHeight, newWidth] = dy.shape as Shape4;
    const rows = copiedFrom(height, newHeight, options);
    const columns = copiedFrom(width, newWidth, options);
    const gradient = numbersOf(backend, dy);
    const dx = new Float32Array(tf.util.sizeFromShape(images.shape));
    let at = 0;
    for (let n = 0; n < batch; n++)
      for (const y of rows)
        for (const x of columns)
          for (let c = 0; c < channels; c++, at++) dx[((n * height + y) * width + x) * channels + c]! += gradient[at]!;
    return outputOf(backend, dx, images.shape, "float32");
  };
}

/** For each position of the resized axis the position it copies, by tfjs's own forward rule. */
function copiedFrom(
  size: number,
  newSize: number,
  { alignCorners, halfPixelCenters = false }: { alignCorners: boolean; halfPixelCenters?: boolean },
): number[] {
  const corners = alignCorners && newSize > 1;
  const ratio = (corners ? size - 1 : size) / (corners ? newSize - 1 : newSize);
  return Array.from({ length: newSize }, (_, position) => {
    const exact = ratio * (halfPixelCenters ? position + 0.5 : position);
    return Math.max(0, Math.min(size - 1, alignCorners ? Math.round(exact) : Math.floor(exact)));
  });
}
