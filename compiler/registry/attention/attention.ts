/** self_attention and transformer: every step reads every other. */
import { add, multiply } from "../../types/dim.ts";
import { axis, lastAxis, withLast } from "../../types/type.ts";
import { boolean, choice, defineOp, int, type Op, type Shapes, share, type WeightSpec } from "../define.ts";
import { activations } from "../parameters.ts";
import { headsDivide, needsKnown, wrongRank } from "../problems.ts";

const heads = int("Number of attention heads; divides the width.", { min: 1, required: true });

const infer: Op["infer"] = (context) => {
  const { input, args } = context;
  if (input.type.axes.length !== 2) {
    return wrongRank(
      context,
      ["steps", "features"],
      input.type.axes.length > 2 ? { use: `each(${context.text})` } : {},
    );
  }
  const width = lastAxis(input.type)!;
  if (!needsKnown(context, width, "dense(64)") || !headsDivide(context, width, args.number("heads"))) return undefined;
  return withLast(input.type, axis("features", width.size, width.origin));
};

/** Query, key, value and output projections with biases. */
const attentionWeights = (c: number, prefix = ""): WeightSpec[] =>
  ["query", "key", "value", "output"].flatMap((part) => [
    { name: `${prefix}${part}_kernel`, shape: [c, c], trainable: true },
    { name: `${prefix}${part}_bias`, shape: [c], trainable: true },
  ]);

const attentionCost = ({ inputs }: Shapes) => {
  const [s, c] = [inputs[0]!.axes[0]!.size, inputs[0]!.axes[1]!.size];
  return add(multiply(s, c, c, 4), multiply(s, s, c, 2));
};

export const attentionOps: readonly Op[] = [
  defineOp({
    name: "self_attention",
    role: "attention",
    doc: "Multi-head self-attention: every step becomes a mixture of all that are not masked.",
    source: "Vaswani et al. 2017; Keras MultiHeadAttention",
    example: "report -> embedding(64) -> self_attention(heads: 4)",
    params: { heads, dropout: share("Share of the attention weights set to 0 in training.", { below: 1, default: 0 }) },
    infer,
    weights: ({ inputs }) => attentionWeights(lastAxis(inputs[0]!)!.size as number),
    cost: attentionCost,
  }),
  defineOp({
    name: "transformer",
    role: "attention",
    doc: "A stack of transformer encoder layers: self-attention and a dense network, each added to what it reads and normalized.",
    source: "Vaswani et al. 2017; Devlin et al. 2019 (BERT)",
    example: "tokens -> position -> transformer(layers: 2, heads: 4)",
    params: {
      layers: int("Number of layers.", { min: 1, required: true }),
      heads,
      width: int("Width inside the dense network; four times the input's if not given.", { min: 1 }),
      activation: choice("Inside the dense network.", { of: activations, default: "gelu" }),
      dropout: share("Share set to 0 in training.", { below: 1, default: 0.1 }),
      norm: choice("Normalizes after (BERT) or before (GPT-2) each part.", { of: ["post", "pre"], default: "post" }),
      causal: boolean("No step sees later ones.", { default: false }),
    },
    infer,
    weights({ inputs, args }) {
      const c = lastAxis(inputs[0]!)!.size as number;
      const width = args.maybeNumber("width") ?? 4 * c;
      const norm = (name: string): WeightSpec[] => [
        { name: `${name}_gamma`, shape: [c], trainable: true },
        { name: `${name}_beta`, shape: [c], trainable: true },
      ];
      return Array.from({ length: args.number("layers") }, (_, i) => [
        ...attentionWeights(c, `${i + 1}_`),
        ...norm(`${i + 1}_attention_norm`),
        { name: `${i + 1}_inner_kernel`, shape: [c, width], trainable: true },
        { name: `${i + 1}_inner_bias`, shape: [width], trainable: true },
        { name: `${i + 1}_outer_kernel`, shape: [width, c], trainable: true },
        { name: `${i + 1}_outer_bias`, shape: [c], trainable: true },
        ...norm(`${i + 1}_output_norm`),
      ]).flat();
    },
    cost(shapes) {
      const [s, c] = [shapes.inputs[0]!.axes[0]!.size, shapes.inputs[0]!.axes[1]!.size];
      const width = shapes.args.maybeNumber("width") ?? multiply(4, c);
      return multiply(shapes.args.number("layers"), add(attentionCost(shapes), multiply(s, c, width, 2)));
    },
  }),
  defineOp({
    name: "attention_pooling",
    role: "attention",
    doc: "One vector from a sequence: a weighted mean of the steps that are not masked, the weights learned.",
    source: "Yang et al. 2016 (HAN)",
    example: "report -> embedding(64) -> attention_pooling",
    params: {},
    infer(context) {
      const { input } = context;
      if (input.type.axes.length !== 2)
        return wrongRank(
          context,
          ["steps", "features"],
          input.type.axes.length > 2 ? { use: "each(attention_pooling)" } : {},
        );
      const c = lastAxis(input.type)!;
      return { ...input.type, axes: [axis("features", c.size, c.origin)] };
    },
    weights({ inputs }) {
      const c = lastAxis(inputs[0]!)!.size;
      return [
        { name: "kernel", shape: [c, c], trainable: true },
        { name: "bias", shape: [c], trainable: true },
        { name: "score", shape: [c, 1], trainable: true },
      ];
    },
    cost: ({ inputs }) => multiply(inputs[0]!.axes[0]!.size, lastAxis(inputs[0]!)!.size, lastAxis(inputs[0]!)!.size),
  }),
];
