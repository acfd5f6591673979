/**
 * Einsum as one matrix product, for the backends whose own is missing (wasm) or wrong where an axis of a single operand
 * is summed (plain JavaScript). Must not know gradients.
 */
import type { NamedAttrMap, TensorInfo } from "@tensorflow/tfjs";
import { scratch } from "./scratch.ts";

type Tfjs = typeof import("@tensorflow/tfjs");
type KernelFunc = import("@tensorflow/tfjs").KernelFunc;

interface Operand {
  info: TensorInfo;
  /** The letter of each axis. */
  axes: string[];
}

/** A kernel function for one or two operands, built from the other kernels of the backend. */
export function einsumKernel(tf: Tfjs, backendName: "wasm" | "cpu"): KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const [left = "", out = ""] = ((attrs as NamedAttrMap).equation as string).replaceAll(" ", "").split("->");
    const terms = left.split(",");
    const operands = Object.values(inputs as unknown as TensorInfo[]).map((info, i) => ({
      info,
      axes: [...(terms[i] ?? "")],
    }));
    checkSizes(operands);
    const s = scratch(tf, backendName, backend);

    /** Sums what only this operand has and the result does not. */
    const withoutOwnSums = ({ info, axes }: Operand, others: readonly Operand[]): Operand => {
      const summed = axes.filter((axis) => !out.includes(axis) && !others.some((other) => other.axes.includes(axis)));
      if (summed.length === 0) return { info, axes };
      const sum = s.call(tf.Sum, { x: info }, { axis: summed.map((axis) => axes.indexOf(axis)), keepDims: false });
      return { info: sum, axes: axes.filter((axis) => !summed.includes(axis)) };
    };
    const arranged = ({ info, axes }: Operand, order: readonly string[]): TensorInfo =>
      s.call(tf.Transpose, { x: info }, { perm: order.map((axis) => axes.indexOf(axis)) });

    const [a, b] = operands.map((operand) =>
      withoutOwnSums(
        operand,
        operands.filter((other) => other !== operand),
      ),
    );
    if (a === undefined || operands.length > 2) throw new Error("einsum takes one or two tensors.");
    if (b === undefined) return s.keep(arranged(a, [...out]));

    const sizes = new Map([...axisSizes(a), ...axisSizes(b)]);
    const shapeOf = (axes: readonly string[]): number[] => axes.map((axis) => sizes.get(axis) ?? 1);
    const total = (axes: readonly string[]): number => tf.util.sizeFromShape(shapeOf(axes));
    const shared = a.axes.filter((axis) => b.axes.includes(axis));
    const batch = shared.filter((axis) => out.includes(axis));
    const summed = shared.filter((axis) => !out.includes(axis));
    const ownA = a.axes.filter((axis) => !shared.includes(axis));
    const ownB = b.axes.filter((axis) => !shared.includes(axis));
    const matrix = (operand: Operand, rows: string[], columns: string[]): TensorInfo =>
      s.call(
        tf.Reshape,
        { x: arranged(operand, [...batch, ...rows, ...columns]) },
        { shape: [total(batch), total(rows), total(columns)] },
      );

    const factors = { a: matrix(a, ownA, summed), b: matrix(b, summed, ownB) };
    const product = s.call(tf.BatchMatMul, factors, { transposeA: false, transposeB: false });
    const axes = [...batch, ...ownA, ...ownB];
    const shaped = s.call(tf.Reshape, { x: product }, { shape: shapeOf(axes) });
    return s.keep(arranged({ info: shaped, axes }, [...out]));
  };
}

function axisSizes({ info, axes }: Operand): (readonly [string, number])[] {
  return axes.map((axis, i) => [axis, info.shape[i] ?? 1] as const);
}

function checkSizes(operands: readonly Operand[]): void {
  const known = new Map<string, number>();
  for (const operand of operands) {
    if (operand.axes.length !== operand.info.shape.length || new Set(operand.axes).size !== operand.axes.length)
      throw new Error(
        `einsum term ${operand.axes.join("")} does not name each axis of [${operand.info.shape.join(", ")}] once.`,
      );
    for (const [axis, size] of axisSizes(operand)) {
      if ((known.get(axis) ?? size) !== size)
        throw new Error(`einsum axis ${axis} is ${known.get(axis)} and ${size} long.`);
      known.set(axis, size);
    }
  }
}
