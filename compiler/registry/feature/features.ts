/** Feature ops: from ids, pictures or sequences to features. */
import { multiply, symbol } from "../../types/dim.ts";
import { axis, elements, tensor, withAxes } from "../../types/type.ts";
import { boolean, choice, defineOp, either, int, type Op, type StageContext } from "../define.ts";
import { needsKnown, notDivisible, wrongRank } from "../problems.ts";

const patchesSides = (context: StageContext): number[] => {
  const value = context.args.value("size");
  return typeof value === "number" ? [value] : [...(value as number[])];
};

export const featureOps: readonly Op[] = [
  defineOp({
    name: "embedding",
    role: "feature",
    doc: "Gives every token a learned vector of `dim` numbers.",
    source: "Keras Embedding",
    example: "report -> embedding(128)",
    positional: 1,
    reads: "ids",
    params: {
      dim: int("Width of a token's vector.", { min: 1, required: true }),
      mask: boolean("Padding counts as absent in what follows.", { default: true }),
      vectors: { doc: "Pretrained vectors.", kind: { is: "boolean" }, later: true },
    },
    infer({ input, args, origin }) {
      const keep = args.boolean("mask");
      const axes = input.type.axes.map((a) => (keep ? a : axis(a.name, a.size, a.origin)));
      return tensor("f32", [...axes, axis("features", args.number("dim"), origin)], input.type.absentWith);
    },
    weights: ({ inputs, args }) => [
      {
        name: "embeddings",
        shape: [inputs[0]!.vocabulary ?? symbol("?.vocabulary"), args.number("dim")],
        trainable: true,
      },
    ],
    cost: () => 0,
    emit: {
      options: ({ inputs, args }, expression) => ({
        inputDim: expression(inputs[0]!.vocabulary ?? symbol("?.vocabulary")),
        outputDim: String(args.number("dim")),
        ...(args.boolean("mask") ? {} : { mask: "false" }),
      }),
    },
  }),
  defineOp({
    name: "one_hot",
    role: "feature",
    doc: "Gives every token a vector that is 1 at its own place: as wide as the vocabulary.",
    example: "name -> one_hot -> conv1d(32, 3)",
    reads: "ids",
    params: {},
    infer(context) {
      const { input, origin } = context;
      const width = input.type.vocabulary ?? symbol("?.vocabulary");
      if (typeof width === "number" && width > 100_000) {
        return context.fail("width-explosion", {
          word: "one_hot",
          sources: [input.name],
          features: width,
          limit: 100_000,
          use: { code: "embedding(64)", weights: width * 64 },
        });
      }
      return tensor("f32", [...input.type.axes, axis("features", width, origin)], input.type.absentWith);
    },
    emit: {
      options: ({ inputs }, expression) => ({ depth: expression(inputs[0]!.vocabulary ?? symbol("?.vocabulary")) }),
    },
  }),
  defineOp({
    name: "patches",
    role: "feature",
    doc: "Cuts a picture into patches (or a sequence into pieces) and maps each to `dim` features by learned weights.",
    source: "Dosovitskiy et al. 2021 (ViT); Nie et al. 2023 (PatchTST)",
    example: "chart -> patches(15x15, dim: 64)",
    positional: 1,
    params: {
      size: either("Height x width of a patch, or steps of a piece.", {
        kinds: [
          { is: "size", rank: 2 },
          { is: "int", min: 1 },
        ],
        required: true,
      }),
      dim: int("Width of a patch's vector.", { min: 1, required: true }),
    },
    infer(context) {
      const { input, args, origin } = context;
      const sides = patchesSides(context);
      const wanted = sides.length + 1;
      const { axes } = input.type;
      if (axes.length < wanted) {
        return wrongRank(context, sides.length === 2 ? ["height", "width", "channels"] : ["steps", "features"], {
          use: sides.length === 2 ? `patches(${sides[0]}, dim: ${args.number("dim")})` : undefined,
        });
      }
      const cut = axes.slice(axes.length - wanted, -1);
      for (const [i, side] of sides.entries()) {
        const a = cut[i]!;
        if (!needsKnown(context, a)) return undefined;
        if ((a.size as number) % side !== 0) return notDivisible(context, side, a, "size");
      }
      const count = cut.reduce((n, a, i) => n * ((a.size as number) / sides[i]!), 1);
      return withAxes(input.type, [
        ...axes.slice(0, axes.length - wanted),
        axis("patches", count, origin),
        axis("features", args.number("dim"), origin),
      ]);
    },
    weights({ inputs, args }) {
      const value = args.value("size");
      const sides = typeof value === "number" ? [value] : (value as number[]);
      const channels = inputs[0]!.axes[inputs[0]!.axes.length - 1]!.size;
      const dim = args.number("dim");
      return [
        { name: "kernel", shape: [...sides, channels, dim], trainable: true },
        { name: "bias", shape: [dim], trainable: true },
      ];
    },
    cost: ({ inputs, args }) => multiply(elements(inputs[0]!), args.number("dim")),
  }),
  defineOp({
    name: "position",
    role: "feature",
    doc: "Adds a vector for the place of every step (of a picture: one for its row and one for its column), so that attention knows the order.",
    source: "Vaswani et al. 2017; learned: Devlin et al. 2019",
    example: "tokens -> position -> transformer(layers: 2, heads: 4)",
    positional: 1,
    params: { kind: choice("learned weights, or fixed sine waves.", { of: ["learned", "sine"], default: "learned" }) },
    infer(context) {
      const { axes } = context.input.type;
      if (axes.length < 2) return wrongRank(context, ["steps", "features"], {});
      const places = axes.length === 3 && axes[0]!.name === "height" ? axes.slice(0, 2) : axes.slice(-2, -1);
      for (const place of places) if (!needsKnown(context, place)) return undefined;
      return context.input.type;
    },
    weights({ inputs, args }) {
      if (args.string("kind") === "sine") return [];
      const { axes } = inputs[0]!;
      const features = axes[axes.length - 1]!.size;
      if (axes.length === 3 && axes[0]!.name === "height") {
        return [
          { name: "rows", shape: [axes[0]!.size, features], trainable: true },
          { name: "columns", shape: [axes[1]!.size, features], trainable: true },
        ];
      }
      return [{ name: "embeddings", shape: [axes[axes.length - 2]!.size, features], trainable: true }];
    },
    emit: {
      options: ({ inputs, args }) => ({
        ...(args.string("kind") === "learned" ? {} : { kind: JSON.stringify(args.string("kind")) }),
        // the runtime takes three axes for a picture unless it is told that only the second last counts
        ...(inputs[0]!.axes.length === 3 && inputs[0]!.axes[0]!.name !== "height" ? { axes: "1" } : {}),
      }),
    },
  }),
];
