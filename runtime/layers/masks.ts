/**
 * Masks and presences as small layers of their own: they are in a network only where something uses them.
 * All are f32 tensors of 0 and 1.
 */
import type { SymbolicTensor, Tensor } from "@tensorflow/tfjs";
import type { LayerKind, Shape } from "./kind.ts";
import { type Context, type Mask, rankOf, shapeOf, sizeOf, type Value } from "./value.ts";

const notZero: LayerKind<null> = {
  className: "NotZero",
  outputShape: ([ids]) => ids!,
  call: ({ tf }, [ids]) => tf.cast(tf.notEqual(ids!, tf.scalar(0, ids!.dtype as "int32")), "float32"),
};

/** The product of masks; sizes of 1 stand for every size. */
const all: LayerKind<null> = {
  className: "All",
  outputShape: (shapes) => spread(shapes),
  call: ({ tf }, inputs) => inputs.reduce((a, b) => tf.mul(a, b)),
};

/** The maximum of masks. */
const any: LayerKind<null> = {
  className: "Any",
  outputShape: (shapes) => spread(shapes),
  call: ({ tf }, inputs) => inputs.reduce((a, b) => tf.maximum(a, b)),
};

const reshape: LayerKind<{ shape: number[] }> = {
  className: "MaskReshape",
  outputShape: (_, { shape }) => [null, ...shape],
  call: ({ tf }, [mask], { shape }) => tf.reshape(mask!, [-1, ...shape]),
};

const transpose: LayerKind<{ order: number[] }> = {
  className: "MaskTranspose",
  outputShape: ([shape], { order }) => order.map((axis) => shape![axis]!),
  call: ({ tf }, [mask], { order }) => tf.transpose(mask!, order),
};

const reduce: LayerKind<{ axes: number[] }> = {
  className: "MaskReduce",
  outputShape: ([shape], { axes }) => shape!.filter((_, axis) => !axes.includes(axis)),
  call: ({ tf }, [mask], { axes }) => tf.max(mask!, axes),
};

/** Columns side by side in a last axis; a column that is -1 is always there. */
const columns: LayerKind<{ columns: number[] }> = {
  className: "Columns",
  outputShape: (shapes, { columns }) => [...spread(shapes), columns.length],
  call: ({ tf }, inputs, { columns }) => {
    const common = inputs.reduce<number[]>((shape, t) => spread([shape, t.shape]) as number[], inputs[0]!.shape);
    const ones = tf.ones(common);
    const wide = inputs.map((t) => (String(t.shape) === String(common) ? t : tf.mul(ones, t)));
    return tf.stack(
      columns.map((c) => (c < 0 ? ones : wide[c]!)),
      common.length,
    );
  },
};

/** Pieces of given sizes one after the other; each is a mask f32[B, size], a presence f32[B], or always there (-1). */
const pieces: LayerKind<{ pieces: { input: number; size: number }[] }> = {
  className: "Pieces",
  outputShape: (_, { pieces }) => [null, pieces.reduce((sum, piece) => sum + piece.size, 0)],
  call: ({ tf }, inputs, { pieces }) => {
    const batch = inputs[0]!.shape[0]!;
    return tf.concat(
      pieces.map(({ input, size }) => {
        if (input < 0) return tf.ones([batch, size]);
        const given = inputs[input]!;
        if (given.rank === 2 && given.shape[1] === size) return given;
        return tf.mul(tf.ones([batch, size]), tf.reshape(given, [batch, 1]));
      }) as Tensor[],
      1,
    );
  },
};

/** Which windows hold at least one step that is there. */
const windowed: LayerKind<{ size: number; strides: number; dilation: number; padding: "valid" | "same" | "causal" }> = {
  className: "Windows",
  outputShape: ([shape], { size, strides, dilation, padding }) => [
    null,
    windowCount(sizeOf(shape!, 1), size, strides, dilation, padding),
  ],
  call: ({ tf }, [mask], { size, strides, dilation, padding }) => {
    const reach = dilation * (size - 1);
    const [batch, steps] = mask!.shape as [number, number];
    const out = windowCount(steps, size, strides, dilation, padding);
    const whole = Math.max(0, (out - 1) * strides + reach + 1 - steps);
    const before = padding === "causal" ? reach : padding === "same" ? Math.floor(whole / 2) : 0;
    const after = padding === "same" ? whole - before : 0;
    const padded =
      before + after > 0
        ? tf.pad(mask!, [
            [0, 0],
            [before, after],
          ])
        : mask!;
    let found: Tensor | undefined;
    for (let tap = 0; tap < size; tap++) {
      const from = tap * dilation;
      const part = tf.stridedSlice(padded, [0, from], [batch, from + (out - 1) * strides + 1], [1, strides]);
      found = found ? tf.maximum(found, part) : part;
    }
    return found!;
  },
};

/** Steps that a window leaves of `n` (axes.md, notation). */
export function windowCount(n: number, size: number, strides: number, dilation: number, padding: string): number {
  return padding === "valid" ? Math.floor((n - dilation * (size - 1) - 1) / strides) + 1 : Math.ceil(n / strides);
}

/** The shape to which all spread, sizes of 1 standing for every size. */
function spread(shapes: readonly (readonly (number | null)[])[]): Shape {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((shape): number | null => (axis < shape.length ? (shape[axis] ?? null) : 1));
    return sizes.find((size) => size !== null && size !== 1) ?? (sizes.includes(null) ? null : 1);
  });
}

// ---------------------------------------------------------------- on values

/** f32 mask of ids that are not 0. */
export const maskOfIds = (context: Context, ids: SymbolicTensor): SymbolicTensor => context.helper(notZero, null)(ids);

export const maskOf = (value: Value, axis: number): Mask | undefined => value.masks.find((mask) => mask.axis === axis);

export const both = (context: Context, masks: readonly SymbolicTensor[]): SymbolicTensor =>
  masks.length === 1 ? masks[0]! : context.helper(all, null)(...masks);

export const either = (context: Context, masks: readonly SymbolicTensor[]): SymbolicTensor =>
  masks.length === 1 ? masks[0]! : context.helper(any, null)(...masks);

/** The mask of the steps of [B, s, c] as f32[B, s], or undefined. */
export function stepMask(context: Context, value: Value): SymbolicTensor | undefined {
  const mask = maskOf(value, 1);
  if (!mask) return undefined;
  return mask.over.length === 1
    ? mask.tensor
    : context.helper(reduce, { axes: mask.over.slice(1).map((_, i) => i + 2) })(mask.tensor);
}

/** A mask with one axis for each of `rank` axes, 1 where it has none: ready to multiply. */
export function aligned(context: Context, value: Value, mask: Mask, rank = rankOf(value)): SymbolicTensor {
  const shape = shapeOf(value);
  const wanted = Array.from({ length: rank - 1 }, (_, i) => (mask.over.includes(i + 1) ? sizeOf(shape, i + 1) : 1));
  if (mask.over.length === rank - 1) return mask.tensor;
  return context.helper(reshape, { shape: wanted })(mask.tensor);
}

/** A presence f32[B] with `rank` axes. */
export const alignedPresence = (context: Context, presence: SymbolicTensor, rank: number): SymbolicTensor =>
  rank === 1 ? presence : context.helper(reshape, { shape: new Array<number>(rank - 1).fill(1) })(presence);

/** Masks after a permutation: `order[new axis] = old axis`, the batch included. */
export function permuted(context: Context, masks: readonly Mask[], order: readonly number[]): Mask[] {
  return masks.map((mask) => {
    const moved = mask.over.map((axis) => order.indexOf(axis));
    const over = [...moved].sort((a, b) => a - b);
    const sorted = over.every((axis, i) => axis === moved[i]);
    const tensor = sorted
      ? mask.tensor
      : context.helper(transpose, { order: [0, ...over.map((axis) => moved.indexOf(axis) + 1)] })(mask.tensor);
    return { axis: order.indexOf(mask.axis), over, tensor };
  });
}

/** Masks of values with the same axes, anded axis by axis. */
export function anded(context: Context, values: readonly Value[]): Mask[] {
  const out: Mask[] = [];
  for (const axis of axesMasked(values)) {
    const owners = values.flatMap((value) => {
      const mask = maskOf(value, axis);
      return mask ? [{ value, mask }] : [];
    });
    const over = [...new Set(owners.flatMap(({ mask }) => mask.over))].sort((a, b) => a - b);
    const same = owners.every(({ mask }) => mask.over.length === over.length);
    const distinct = [...new Set(owners.map(({ mask }) => mask.tensor))];
    if (same) {
      out.push({ axis, over, tensor: both(context, distinct) });
      continue;
    }
    const wide = owners.map(({ value, mask }) => {
      const shape = shapeOf(value);
      return context.helper(reshape, { shape: over.map((a) => (mask.over.includes(a) ? sizeOf(shape, a) : 1)) })(
        mask.tensor,
      );
    });
    out.push({ axis, over, tensor: both(context, wide) });
  }
  return out;
}

const axesMasked = (values: readonly Value[]): number[] =>
  [...new Set(values.flatMap((value) => value.masks.map((mask) => mask.axis)))].sort((a, b) => a - b);

/** The presence of what a fusion gives: absent only where all sources are; undefined where one is always there. */
export function anyPresence(context: Context, values: readonly Value[]): SymbolicTensor | undefined {
  const presences = values.map((value) => value.presence);
  if (presences.some((presence) => !presence)) return undefined;
  return either(context, [...new Set(presences as SymbolicTensor[])]);
}

/** f32[B, n]: which of n sources are there. Undefined where all always are. */
export function presenceColumns(context: Context, values: readonly Value[]): SymbolicTensor | undefined {
  return columnsOf(
    context,
    values.map((value) => value.presence),
  );
}

/** Tensors (or what is always there) side by side in a last axis. */
export function columnsOf(
  context: Context,
  given: readonly (SymbolicTensor | undefined)[],
): SymbolicTensor | undefined {
  const inputs = given.filter((tensor) => tensor !== undefined);
  if (inputs.length === 0) return undefined;
  let next = 0;
  return context.helper(columns, { columns: given.map((tensor) => (tensor ? next++ : -1)) })(...inputs);
}

/**
 * f32[B, …, n]: at which steps which of n sources count, by their masks and presences. Undefined where all always do.
 * Sizes may be 1 where a step does not matter.
 */
export function availability(context: Context, values: readonly Value[]): SymbolicTensor | undefined {
  // Where nothing is masked, a number a row is enough.
  const rank = values.some((value) => value.masks.length > 0) ? rankOf(values[0]!) - 1 : 1;
  return columnsOf(
    context,
    values.map((value) => {
      const parts = value.masks.map((mask) => aligned(context, value, mask, rank));
      if (value.presence) parts.push(alignedPresence(context, value.presence, rank));
      return parts.length > 0 ? both(context, parts) : undefined;
    }),
  );
}

/** Masks or-ed at every step, for fusions that do without a masked source: only where every source has one. */
export function ored(context: Context, values: readonly Value[]): Mask[] {
  return axesMasked(values).flatMap((axis): Mask[] => {
    const found = values.map((value) => {
      const mask = maskOf(value, axis);
      if (mask)
        return value.presence
          ? {
              ...mask,
              tensor: both(context, [mask.tensor, alignedPresence(context, value.presence, mask.over.length + 1)]),
            }
          : mask;
      return undefined;
    });
    if (found.some((mask, i) => !mask && !values[i]!.presence)) return [];
    const masks = found.filter((mask) => mask !== undefined);
    const over = masks[0]!.over;
    if (masks.some((mask) => mask.over.length !== over.length)) return [];
    // A source without a mask that may be absent counts at every step where it is present.
    const tensors = found.map(
      (mask, i) => mask?.tensor ?? alignedPresence(context, values[i]!.presence!, over.length + 1),
    );
    return [{ axis, over, tensor: either(context, tensors) }];
  });
}

/** The mask of sequences joined end to end, f32[B, Σ sizes]; undefined where nothing is ever masked or absent. */
export function joined(
  context: Context,
  values: readonly Value[],
  sizes: readonly number[],
  withPresence: boolean,
): SymbolicTensor | undefined {
  const parts = values.map((value) => {
    const mask = rankOf(value) > 2 ? stepMask(context, value) : undefined;
    const presence = withPresence ? value.presence : undefined;
    if (mask && presence) return both(context, [mask, alignedPresence(context, presence, 2)]);
    return mask ?? presence;
  });
  const inputs = parts.filter((tensor) => tensor !== undefined);
  if (inputs.length === 0) return undefined;
  let next = 0;
  return context.helper(pieces, {
    pieces: parts.map((tensor, i) => ({ input: tensor ? next++ : -1, size: sizes[i]! })),
  })(...inputs);
}

/** The mask of the windows of a 1-D convolution or pooling. */
export function windows(
  context: Context,
  value: Value,
  options: { size: number; strides: number; dilation: number; padding: "valid" | "same" | "causal" },
): Mask[] {
  const mask = stepMask(context, value);
  return mask ? [{ axis: 1, over: [1], tensor: context.helper(windowed, options)(mask) }] : [];
}

/** The masks of what an axis of items holds, with the items folded into the batch. */
export function folded(context: Context, value: Value): Mask[] {
  const shape = shapeOf(value);
  const items = sizeOf(shape, 1);
  return value.masks
    .filter((mask) => mask.axis !== 1)
    .map((mask) => {
      const inner = mask.over.filter((axis) => axis !== 1);
      const sizes = inner.map((axis) => sizeOf(shape, axis));
      let tensor = mask.tensor;
      if (!mask.over.includes(1)) {
        // The same for every item: spread over them first.
        const once = context.helper(reshape, { shape: [1, ...sizes] })(tensor);
        tensor = context.helper(repeated, { times: items })(once);
      }
      return {
        axis: mask.axis - 1,
        over: inner.map((axis) => axis - 1),
        tensor: context.helper(reshape, { shape: sizes })(tensor),
      };
    });
}

/** Masks with the items taken out of the batch again. */
export function unfolded(context: Context, masks: readonly Mask[], shape: Shape, items: number): Mask[] {
  return masks.map((mask) => ({
    axis: mask.axis + 1,
    over: [1, ...mask.over.map((axis) => axis + 1)],
    tensor: context.helper(reshape, { shape: [items, ...mask.over.map((axis) => sizeOf(shape, axis))] })(mask.tensor),
  }));
}

const repeated: LayerKind<{ times: number }> = {
  className: "MaskRepeat",
  outputShape: ([shape], { times }) => [shape![0]!, times, ...shape!.slice(2)],
  call: ({ tf }, [mask], { times }) =>
    tf.tile(
      mask!,
      mask!.shape.map((_, axis) => (axis === 1 ? times : 1)),
    ),
};
