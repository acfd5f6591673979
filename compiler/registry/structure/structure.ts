/** Ops that take stages: each, residual, parallel, repeat. */

import { printFlow } from "../../../grammar/print.ts";
import { add } from "../../types/dim.ts";
import {
  axis,
  lastAxis,
  printType,
  sameAxes,
  sameLeading,
  type TensorType,
  tensor,
  withAxes,
  withLast,
} from "../../types/type.ts";
import { choice, defineOp, int, type Op, stages } from "../define.ts";
import { wrongRank } from "../problems.ts";

const merges = ["add", "multiply", "maximum", "average"] as const;

/** Masks of two values of the same axes, anded. */
const bothMasks = (a: TensorType, b: TensorType): TensorType =>
  withAxes(
    a,
    a.axes.map((x, i) => (b.axes[i]?.masked ? { ...x, masked: true as const } : x)),
  );

export const structureOps: readonly Op[] = [
  defineOp({
    name: "each",
    role: "structure",
    doc: "Applies stages to each item of the first axis after the batch, with one set of weights.",
    source: "Keras TimeDistributed",
    example: "rooms -> each(conv2d(16, 3x3) -> global_average_pooling2d)",
    positional: 1,
    reads: "any",
    params: { layers: stages("What is applied to every item.", { required: true }) },
    infer(context) {
      const { input, args, origin } = context;
      if (input.type.axes.length < 2) return wrongRank(context, ["items", "what each is"], {});
      const [items, ...inner] = input.type.axes as [(typeof input.type.axes)[0], ...(typeof input.type.axes)[0][]];
      const result = context.stages("layers", args.flow("layers")!, { ...input, type: { ...input.type, axes: inner } });
      if (!result) return undefined;
      if (result.dtype === "i32") {
        return context.fail("ids-or-numbers", {
          word: "each",
          reads: "numbers",
          name: input.name,
          holds: "token ids",
          from: input.from,
          put: "embedding(64)",
        });
      }
      return tensor(
        "f32",
        [axis(items.name, items.size, items.origin ?? origin, items.masked), ...result.axes],
        input.type.absentWith,
      );
    },
  }),
  defineOp({
    name: "residual",
    role: "structure",
    doc: "Adds what its stages give to what they read (or to what `shortcut` makes of it).",
    source: "He et al. 2016",
    example: "chart -> residual(conv2d(3, 3x3, padding: same) -> batch_normalization)",
    positional: 1,
    params: {
      layers: stages("The stages that are added.", { required: true }),
      shortcut: stages("What the input passes through on its way past them."),
      merge: choice("add, or multiply: the stages gate the input.", { of: ["add", "multiply"], default: "add" }),
    },
    infer(context) {
      const { input, args } = context;
      const flow = args.flow("layers")!;
      const inner = context.stages("layers", flow, input);
      const past = args.flow("shortcut");
      const shortcut = past ? context.stages("shortcut", past, input) : input.type;
      if (!inner || !shortcut) return undefined;
      const spreads =
        args.string("merge") === "multiply" &&
        inner.axes.length === 1 &&
        lastAxis(inner)?.size === lastAxis(shortcut)?.size;
      if (!spreads && !sameAxes(inner, shortcut)) {
        const wide = lastAxis(inner)!.size;
        const rank = inner.axes.length;
        return context.fail("branches-differ", {
          word: "residual",
          first: { text: past ? printFlow(past) : input.name, type: printType(shortcut) },
          second: { text: printFlow(flow), type: printType(inner) },
          ...(typeof wide === "number"
            ? { write: rank === 3 ? `shortcut: conv2d(${wide}, 1x1)` : `shortcut: dense(${wide})` }
            : {}),
        });
      }
      return spreads ? shortcut : bothMasks(shortcut, inner);
    },
  }),
  defineOp({
    name: "parallel",
    role: "structure",
    doc: "Applies several flows to the same input and joins what they give.",
    source: "Szegedy et al. 2015 (Inception); Kim 2014",
    example:
      "report -> embedding(64) -> parallel(conv1d(64, 3) -> global_max_pooling1d, conv1d(64, 4) -> global_max_pooling1d)",
    rest: "branches",
    params: {
      branches: stages("The flows, one after the other.", { required: true }),
      merge: choice("How they are joined.", { of: ["concatenate", ...merges], default: "concatenate" }),
    },
    infer(context) {
      const { input, args, origin } = context;
      const flows = args.flows("branches");
      const known: TensorType[] = [];
      for (const flow of flows) {
        // what is wrong with the input is wrong in every branch, and said of the first
        const type = context.stages("branches", flow, input);
        if (!type) return undefined;
        known.push(type);
      }
      const merge = args.string("merge");
      const first = known[0]!;
      const equal = merge === "concatenate" ? sameLeading : sameAxes;
      const odd = known.findIndex((t) => !equal(first, t));
      if (odd >= 0) {
        return context.fail("branches-differ", {
          word: "parallel",
          first: { text: printFlow(flows[0]!), type: printType(first) },
          second: { text: printFlow(flows[odd]!), type: printType(known[odd]!) },
        });
      }
      const joined = known.reduce(bothMasks);
      if (merge !== "concatenate") return joined;
      return withLast(joined, axis(lastAxis(first)!.name, add(...known.map((t) => lastAxis(t)!.size)), origin));
    },
  }),
  defineOp({
    name: "repeat",
    role: "structure",
    doc: "Applies stages several times in a row, each time with weights of their own.",
    example: "chart -> repeat(4, residual(conv2d(3, 3x3, padding: same)))",
    positional: 2,
    params: {
      times: int("How often.", { min: 1, max: 1000, required: true }),
      layers: stages("What is repeated.", { required: true }),
    },
    infer(context) {
      const { args } = context;
      const times = args.number("times");
      let input = context.input;
      for (let i = 1; i <= times; i++) {
        const result = context.stages("layers", args.flow("layers")!, input, { repetition: [i, times] });
        if (!result) return undefined;
        input = { ...input, type: result };
      }
      return input.type;
    },
  }),
];
