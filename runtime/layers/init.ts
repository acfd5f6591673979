/**
 * Initial values of weights, by Keras's definitions, drawn in plain JavaScript so that they are equal on every engine.
 */
import { normal, type Random } from "./random.ts";

/** Keras's names; `uniform` is Embedding's (-0.05 to 0.05), `unit_forget` the bias of an LSTM (ones for the forget gate). */
export type Init = "glorot_uniform" | "orthogonal" | "uniform" | "zeros" | "ones" | "unit_forget";

/** Values of a weight of the given shape, row-major. */
export function initialValues(init: Init, shape: readonly number[], random: Random): Float32Array {
  const count = shape.reduce((product, size) => product * size, 1);
  const values = new Float32Array(count);
  switch (init) {
    case "zeros":
      return values;
    case "ones":
      return values.fill(1);
    case "unit_forget":
      return values.fill(1, count / 4, count / 2);
    case "uniform":
      return fillUniform(values, 0.05, random);
    case "glorot_uniform": {
      const [fanIn, fanOut] = fans(shape);
      return fillUniform(values, Math.sqrt(6 / (fanIn + fanOut)), random);
    }
    case "orthogonal":
      return orthogonal(shape, random);
  }
}

function fillUniform(values: Float32Array, limit: number, random: Random): Float32Array {
  for (let i = 0; i < values.length; i++) values[i] = (random() * 2 - 1) * limit;
  return values;
}

/** Keras's `compute_fans`: axes before the last two are the receptive field. */
export function fans(shape: readonly number[]): [number, number] {
  if (shape.length === 0) return [1, 1];
  if (shape.length === 1) return [shape[0]!, shape[0]!];
  const field = shape.slice(0, -2).reduce((product, size) => product * size, 1);
  return [shape[shape.length - 2]! * field, shape[shape.length - 1]! * field];
}

/**
 * A matrix with orthonormal rows (or columns, where it has more rows than columns): a normal matrix made orthonormal by
 * Gram and Schmidt, a vector again where rounding could matter (Giraud et al. 2005). The diagonal of R is positive,
 * which is Keras's sign rule.
 */
function orthogonal(shape: readonly number[], random: Random): Float32Array {
  const columns = shape[shape.length - 1]!;
  const rows = shape.slice(0, -1).reduce((product, size) => product * size, 1);
  const vectors = Math.min(rows, columns);
  const length = Math.max(rows, columns);
  const q = new Float64Array(vectors * length);
  for (let i = 0; i < q.length; i++) q[i] = normal(random);
  for (let i = 0; i < vectors; i++) {
    const v = q.subarray(i * length, (i + 1) * length);
    let length2 = squared(v);
    for (;;) {
      const before = length2;
      for (let j = 0; j < i; j++) {
        const u = q.subarray(j * length, (j + 1) * length);
        let dot = 0;
        for (let k = 0; k < length; k++) dot += u[k]! * v[k]!;
        for (let k = 0; k < length; k++) v[k]! -= dot * u[k]!;
      }
      length2 = squared(v);
      // What is left is at right angles to all before, unless most of it was taken away: then once more.
      if (length2 > 0.01 * before) break;
    }
    const scale = 1 / Math.sqrt(length2);
    for (let k = 0; k < length; k++) v[k]! *= scale;
  }
  if (rows <= columns) return Float32Array.from(q);
  const out = new Float32Array(rows * columns);
  for (let i = 0; i < vectors; i++) for (let k = 0; k < length; k++) out[k * columns + i] = q[i * length + k]!;
  return out;
}

function squared(v: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < v.length; k++) sum += v[k]! * v[k]!;
  return sum;
}
