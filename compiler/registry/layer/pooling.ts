/** Pooling: over windows (max_pooling1d …) and over whole axes (global_average_pooling1d …). */
import { axis, withAxes } from "../../types/type.ts";
import { defineOp, int, type Op, size } from "../define.ts";
import { padding2, windows } from "../parameters.ts";
import { fitsWindow, needsImage, needsSequence } from "../problems.ts";

const says = { max: "the largest value", average: "the mean" } as const;

function pooling1d(kind: "max" | "average"): Op {
  return defineOp({
    name: `${kind}_pooling1d`,
    role: "layer",
    doc: `Keeps ${says[kind]} of every \`pool_size\` steps.`,
    source: "Keras pooling layers",
    example: `sound -> conv1d(32, 5) -> ${kind}_pooling1d(2)`,
    positional: 1,
    params: {
      pool_size: int("Steps that become one.", { min: 1, default: 2 }),
      strides: int("Steps from one window to the next; as `pool_size` if not given.", { min: 1 }),
      padding: padding2,
    },
    infer(context) {
      const { input, args, origin } = context;
      if (!needsSequence(context, { image: `${kind}_pooling2d` })) return undefined;
      const [steps, features] = [input.type.axes[0]!, input.type.axes[1]!];
      const pool = args.number("pool_size");
      const length = windows(steps.size, pool, args.maybeNumber("strides") ?? pool, 1, args.string("padding"));
      if (!fitsWindow(context, [[steps, length]])) return undefined;
      if (pool === 1 && (args.maybeNumber("strides") ?? 1) === 1)
        context.note("no-effect", { text: context.text, why: "each step stays as it is" });
      return withAxes(input.type, [
        axis(steps.name, length, origin, steps.masked),
        axis("features", features.size, features.origin),
      ]);
    },
  });
}

function pooling2d(kind: "max" | "average"): Op {
  return defineOp({
    name: `${kind}_pooling2d`,
    role: "layer",
    doc: `Keeps ${says[kind]} of every window of \`pool_size\` (height x width).`,
    source: "Keras pooling layers",
    example: `chart -> conv2d(32, 3x3) -> ${kind}_pooling2d(2x2)`,
    positional: 1,
    params: {
      pool_size: size("Height x width that becomes one place.", { rank: 2, single: true, default: [2, 2] }),
      strides: size("From one window to the next; as `pool_size` if not given.", { rank: 2, single: true }),
      padding: padding2,
    },
    infer(context) {
      const { input, args, origin } = context;
      if (!needsImage(context, { sequence: `${kind}_pooling1d`, items: true })) return undefined;
      const [h, w, c] = input.type.axes as [
        (typeof input.type.axes)[0],
        (typeof input.type.axes)[0],
        (typeof input.type.axes)[0],
      ];
      const [ph, pw] = args.size("pool_size") as [number, number];
      const [th, tw] = (args.has("strides") ? args.size("strides") : [ph, pw]) as [number, number];
      const height = windows(h.size, ph, th, 1, args.string("padding"));
      const width = windows(w.size, pw, tw, 1, args.string("padding"));
      if (
        !fitsWindow(context, [
          [h, height],
          [w, width],
        ])
      )
        return undefined;
      if (ph === 1 && pw === 1 && th === 1 && tw === 1)
        context.note("no-effect", { text: context.text, why: "each place stays as it is" });
      return withAxes(input.type, [
        axis(h.name, height, origin),
        axis(w.name, width, origin),
        axis("channels", c.size, c.origin),
      ]);
    },
  });
}

function global1d(kind: "max" | "average"): Op {
  return defineOp({
    name: `global_${kind}_pooling1d`,
    role: "layer",
    doc: `Keeps ${says[kind]} over all steps, masked ones left out.`,
    source: "Keras pooling layers",
    example: `sound -> conv1d(32, 5) -> global_${kind}_pooling1d`,
    params: {},
    infer(context) {
      if (!needsSequence(context, { pooling: `global_${kind}_pooling` })) return undefined;
      const c = context.input.type.axes[1]!;
      return withAxes(context.input.type, [axis("features", c.size, c.origin)]);
    },
  });
}

function global2d(kind: "max" | "average"): Op {
  return defineOp({
    name: `global_${kind}_pooling2d`,
    role: "layer",
    doc: `Keeps ${says[kind]} over all places of a picture.`,
    source: "Keras pooling layers",
    example: `chart -> conv2d(32, 3x3) -> global_${kind}_pooling2d`,
    params: {},
    infer(context) {
      if (!needsImage(context, { pooling: `global_${kind}_pooling` })) return undefined;
      const c = context.input.type.axes[2]!;
      return withAxes(context.input.type, [axis("features", c.size, c.origin)]);
    },
  });
}

export const poolingOps: readonly Op[] = (["max", "average"] as const).flatMap((kind) => [
  pooling1d(kind),
  pooling2d(kind),
  global1d(kind),
  global2d(kind),
]);
