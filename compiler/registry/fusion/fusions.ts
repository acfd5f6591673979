/**
 * The fusion ops of axes.md: which axes they join, what comes out, and whether they can do without an absent source.
 * Absence of the result: only if all sources may be absent together (general rule 6).
 */
import { add, isKnown, multiply, sameDim } from "../../types/dim.ts";
import {
  type Axis,
  axis,
  lastAxis,
  leadingAxes,
  printType,
  sameAxes,
  sameAxis,
  type TensorType,
  tensor,
  withAxes,
  withLast,
} from "../../types/type.ts";
import {
  boolean,
  defineFusion,
  type Fusion,
  type FusionContext,
  int,
  type Named,
  type Shapes,
  string,
} from "../define.ts";
import { allVectors, axesMismatch, joinable, poolingFor, shapeMismatch, wordOf } from "../problems.ts";

/** Modalities without which the result is absent: only if no source is always there. */
export function absentTogether(sources: readonly TensorType[]): readonly string[] {
  if (sources.some((s) => s.absentWith.length === 0)) return [];
  return [...new Set(sources.flatMap((s) => s.absentWith))];
}

const types = (context: FusionContext): TensorType[] => context.sources.map((s) => s.type);
const result = (context: FusionContext, axes: readonly Axis[]): TensorType =>
  tensor("f32", axes, absentTogether(types(context)));

/** Masks of all sources over the same axes, joined: anded is masked where any has a mask. */
const masked = (context: FusionContext, axes: readonly Axis[]): Axis[] =>
  axes.map((a, i) =>
    context.sources.some((s) => s.type.axes.length === axes.length && s.type.axes[i]?.masked)
      ? { ...a, masked: true as const }
      : a,
  );

/** The narrowest known width among the sources: what a `dense` would bring the others to. */
const widthOf = (source: Named): number | undefined => {
  const last = lastAxis(source.type);
  return last && isKnown(last.size) ? last.size : undefined;
};

const denseTo = (wanted: Named): { add?: string } => {
  const width = widthOf(wanted);
  return width === undefined ? {} : { add: `-> dense(${width})` };
};

// ---------------------------------------------------------------- concatenate, sequence, stack

const broadcast = boolean("A source that is one vector a row stands at every step of the others.", { default: false });

/** With `broadcast`, the longest source's leading axes; vectors count at every step of them. */
function broadcastAxes(context: FusionContext): Named | undefined {
  return [...context.sources].sort((a, b) => b.type.axes.length - a.type.axes.length)[0];
}

const concatenate = defineFusion({
  name: "concatenate",
  role: "fusion",
  doc: "Puts its sources side by side on the last axis (or on `axis`).",
  source: "Keras Concatenate",
  example: "fusion joint: mid = concatenate(words, vision)",
  sources: [2, Number.POSITIVE_INFINITY],
  absent: true,
  params: {
    axis: string("Another axis to join on.", { what: "the name of an axis" }),
    broadcast,
    presence: boolean("Adds one number for each source that may be absent: 1 where it is there.", { default: false }),
  },
  infer(context) {
    const { sources, args, origin } = context;
    if (!joinable(context)) return undefined;
    const wanted = args.maybeString("axis");
    const spread = args.boolean("broadcast");
    const model = spread ? broadcastAxes(context)! : sources[0]!;
    const others = spread ? sources.filter((s) => s.type.axes.length > 1) : sources;
    const position =
      wanted === undefined ? model.type.axes.length - 1 : model.type.axes.findIndex((a) => a.name === wanted);
    if (position < 0) {
      return context.fail(
        "axis-names",
        { name: model.name, axes: model.type.axes.map((a) => a.name), text: wanted!, why: "unknown" },
        { at: args.span("axis") },
      );
    }
    for (const source of others) {
      const { axes } = source.type;
      const differs =
        axes.length !== model.type.axes.length ||
        axes.some((a, i) => i !== position && !sameAxis(a, model.type.axes[i]!, i === axes.length - 1));
      if (!differs) continue;
      const longer = axes.length >= model.type.axes.length ? source : model;
      return axesMismatch(context, `equal axes but for ${wanted ?? "the last"}`, longer, {
        add: poolingFor(longer.type),
        ...(axes.length === 2 && model.type.axes.length === 2 ? { use: "sequence" } : {}),
      });
    }
    const refusing = sources.find((s) => s.type.absentWith.length > 0 && s.type.axes.length > 1);
    if (refusing) return refusesAbsent(context, refusing);
    const bits = args.boolean("presence") ? sources.filter((s) => s.type.absentWith.length > 0).length : 0;
    const joined = add(
      ...sources.map((s) =>
        spread && s.type.axes.length === 1 && position !== 0 ? lastAxis(s.type)!.size : s.type.axes[position]!.size,
      ),
      bits,
    );
    const axes = masked(context, model.type.axes).map((a, i) =>
      i === position ? axis(a.name, joined, origin, a.masked) : a,
    );
    return result(context, axes);
  },
  weights: ({ inputs }) =>
    inputs.flatMap((type, i) =>
      type.absentWith.length > 0 ? [{ name: `absent_${i + 1}`, shape: [lastAxis(type)!.size], trainable: true }] : [],
    ),
  emit: {
    options({ inputs, args }) {
      const wanted = args.maybeString("axis");
      const model = [...inputs].sort((a, b) => b.axes.length - a.axes.length)[0]!;
      return {
        ...(wanted === undefined ? {} : { axis: String(model.axes.findIndex((a) => a.name === wanted) + 1) }),
        ...(args.boolean("broadcast") ? { broadcast: "true" } : {}),
        ...(args.boolean("presence") ? { presence: "true" } : {}),
      };
    },
  },
});

const sequence = defineFusion({
  name: "sequence",
  role: "fusion",
  doc: "Puts the steps of its sources one after the other, each marked with a learned vector of its source; a source that is one vector a row is one step.",
  source: "Devlin et al. 2019 (segment embeddings)",
  example: "fusion tokens: early = sequence(report -> embedding(64), chart -> patches(15x15, dim: 64))",
  sources: [2, Number.POSITIVE_INFINITY],
  absent: true,
  params: {},
  infer(context) {
    const { sources, origin } = context;
    if (!joinable(context)) return undefined;
    const deep = sources.find((s) => s.type.axes.length > 2 || s.type.axes.length === 0);
    if (deep) {
      return axesMismatch(context, "sequences", deep, {
        add: deep.type.axes.length === 3 ? "-> patches(8x8, dim: 64)" : "-> flatten",
      });
    }
    const first = sources[0]!;
    const odd = sources.find((s) => !sameDim(lastAxis(s.type)!.size, lastAxis(first.type)!.size));
    if (odd) return shapeMismatch(context, first, odd, denseTo(first));
    const steps = add(...sources.map((s) => (s.type.axes.length === 2 ? s.type.axes[0]!.size : 1)));
    const anyMask = sources.some((s) => s.type.axes[0]?.masked || s.type.absentWith.length > 0);
    return result(context, [
      axis("tokens", steps, origin, anyMask),
      axis("features", lastAxis(first.type)!.size, lastAxis(first.type)!.origin),
    ]);
  },
  weights: ({ inputs }) => [{ name: "sources", shape: [inputs.length, lastAxis(inputs[0]!)!.size], trainable: true }],
});

const stack = defineFusion({
  name: "stack",
  role: "fusion",
  doc: "Makes one step of every source: a sequence of modalities that attention can read.",
  example: "fusion tokens: mid = stack(words, vision) -> transformer(layers: 1, heads: 4) -> attention_pooling",
  sources: [2, Number.POSITIVE_INFINITY],
  absent: true,
  params: {},
  infer(context) {
    const { sources, origin } = context;
    if (!joinable(context) || !allVectors(context, "sequence")) return undefined;
    const first = sources[0]!;
    const odd = sources.find((s) => !sameDim(lastAxis(s.type)!.size, lastAxis(first.type)!.size));
    if (odd) return shapeMismatch(context, first, odd, denseTo(first));
    const anyAbsent = sources.some((s) => s.type.absentWith.length > 0);
    return result(context, [
      axis("modalities", sources.length, origin, anyAbsent),
      axis("features", lastAxis(first.type)!.size, lastAxis(first.type)!.origin),
    ]);
  },
});

// ---------------------------------------------------------------- equal shapes

/** Fusions that can do without a source, for the message of those that cannot. */
const canDoWithout = ["average", "maximum", "weighted_average", "gated"] as const;

function refusesAbsent(context: FusionContext, source: Named): undefined {
  return context.fail(
    "fusion-refuses-absent",
    {
      word: wordOf(context),
      name: source.name,
      ...context.optional(source.type.absentWith[0]!),
      use: [...canDoWithout],
    },
    { marks: [{ span: source.span, style: "-", label: printType(source.type) }] },
  );
}

/** All axes equal (with `broadcast`: but for vectors); the axes of the result. */
function equalShapes(context: FusionContext, spread: boolean): TensorType | undefined {
  if (!joinable(context)) return undefined;
  const { sources } = context;
  const model = spread ? broadcastAxes(context)! : sources[0]!;
  for (const source of sources) {
    if (source === model || sameAxes(source.type, model.type)) continue;
    if (spread && source.type.axes.length === 1 && sameDim(lastAxis(source.type)!.size, lastAxis(model.type)!.size))
      continue;
    const [a, b] = [sources[0]!, source === sources[0] ? model : source];
    if (a.type.axes.length !== b.type.axes.length) {
      const longer = a.type.axes.length > b.type.axes.length ? a : b;
      return axesMismatch(context, "equal axes", longer, {
        add: poolingFor(longer.type),
        use: `${wordOf(context)}(…, broadcast: true)`,
      });
    }
    if (leadingAxes(a.type).some((x, i) => !sameAxis(x, b.type.axes[i]!, false))) {
      return axesMismatch(context, "equal axes", b, { add: poolingFor(b.type) });
    }
    return shapeMismatch(context, a, b, { ...denseTo(a), use: "concatenate" });
  }
  return withAxes(model.type, masked(context, model.type.axes));
}

function elementwise(
  name: "add" | "multiply" | "average" | "maximum" | "difference",
  doc: string,
  example: string,
): Fusion {
  const absent = name === "average" || name === "maximum";
  return defineFusion({
    name,
    role: "fusion",
    doc,
    source: "Keras merging layers",
    example,
    sources: [2, name === "difference" ? 2 : Number.POSITIVE_INFINITY],
    absent,
    params: { broadcast },
    infer(context) {
      const type = equalShapes(context, context.args.boolean("broadcast"));
      if (!type) return undefined;
      const optional = absent ? undefined : context.sources.find((s) => s.type.absentWith.length > 0);
      if (optional) return refusesAbsent(context, optional);
      return result(context, type.axes);
    },
  });
}

const weightedAverage = defineFusion({
  name: "weighted_average",
  role: "fusion",
  doc: "The mean of its sources with learned weights that add up to 1; of absent sources the weights are shared out among those present.",
  example: "fusion joint: mid = weighted_average(words, vision)",
  sources: [2, Number.POSITIVE_INFINITY],
  absent: true,
  params: { broadcast },
  infer(context) {
    const type = equalShapes(context, context.args.boolean("broadcast"));
    return type && result(context, type.axes);
  },
  weights: ({ inputs }) => [{ name: "weights", shape: [inputs.length], trainable: true }],
});

// ---------------------------------------------------------------- gated, attention

/** Every step of [B, …, c_i] whose other axes are equal → [B, …, features=d] (axes.md, general rule 9). */
function projecting(context: FusionContext): TensorType | undefined {
  if (!joinable(context)) return undefined;
  const { sources, args, origin } = context;
  const first = sources[0]!;
  for (const source of sources.slice(1)) {
    const equal =
      source.type.axes.length === first.type.axes.length &&
      leadingAxes(source.type).every((a, i) => sameAxis(a, first.type.axes[i]!, false));
    if (equal) continue;
    const longer = source.type.axes.length >= first.type.axes.length ? source : first;
    return axesMismatch(context, "equal axes but for the last", longer, { add: poolingFor(longer.type) });
  }
  const axes = masked(context, first.type.axes);
  return result(context, withLast(withAxes(first.type, axes), axis("features", args.number("dim"), origin)).axes);
}

const dim = int("Width of the result.", { min: 1, required: true });
const many = [2, Number.POSITIVE_INFINITY] as const;
const total = ({ inputs }: Shapes) => add(...inputs.map((t) => lastAxis(t)!.size));

const gated = defineFusion({
  name: "gated",
  role: "fusion",
  doc: "Brings every source to the width `dim` and weighs them against each other, feature by feature.",
  source: "Gated Multimodal Unit, Arevalo et al. 2017",
  example: "fusion joint: mid = gated(words, vision, dim: 128)",
  sources: many,
  absent: true,
  params: { dim },
  infer: projecting,
  weights(shapes) {
    const d = shapes.args.number("dim");
    const n = shapes.inputs.length;
    return [
      ...shapes.inputs.flatMap((t, i) => [
        { name: `source_${i + 1}_kernel`, shape: [lastAxis(t)!.size, d], trainable: true },
        { name: `source_${i + 1}_bias`, shape: [d], trainable: true },
      ]),
      // two sources: GMU's z and 1 - z, one gate; more: a softmax over a gate each
      { name: "gate_kernel", shape: [total(shapes), n === 2 ? d : n * d], trainable: true },
      { name: "gate_bias", shape: [n === 2 ? d : n * d], trainable: true },
    ];
  },
  cost(shapes) {
    const d = shapes.args.number("dim");
    const n = shapes.inputs.length;
    return multiply(total(shapes), d + (n === 2 ? d : n * d));
  },
});

const attention = defineFusion({
  name: "attention",
  role: "fusion",
  doc: "Brings every source to the width `dim` and adds them up, each weighed by one learned number that depends on all.",
  example: "fusion joint: mid = attention(words, vision, facts, dim: 64)",
  sources: many,
  absent: true,
  params: { dim },
  infer: projecting,
  weights(shapes) {
    const d = shapes.args.number("dim");
    const n = shapes.inputs.length;
    return [
      ...shapes.inputs.flatMap((t, i) => [
        { name: `source_${i + 1}_kernel`, shape: [lastAxis(t)!.size, d], trainable: true },
        { name: `source_${i + 1}_bias`, shape: [d], trainable: true },
      ]),
      { name: "gate_kernel", shape: [total(shapes), n], trainable: true },
      { name: "gate_bias", shape: [n], trainable: true },
    ];
  },
  cost: (shapes) => multiply(total(shapes), shapes.args.number("dim") + shapes.inputs.length),
});

export const fusions: readonly Fusion[] = [
  concatenate,
  sequence,
  stack,
  elementwise("add", "The sum of its sources.", "fusion joint: mid = add(words, vision)"),
  elementwise(
    "multiply",
    "The product of its sources, feature by feature.",
    "fusion joint: mid = multiply(asked, seen)",
  ),
  elementwise("average", "The mean of the sources that are there.", "fusion joint: mid = average(words, voice)"),
  elementwise(
    "maximum",
    "The largest of the sources that are there, feature by feature.",
    "fusion joint: mid = maximum(words, voice)",
  ),
  elementwise(
    "difference",
    "The absolute difference of two sources, feature by feature.",
    "fusion apart: mid = difference(left, right)",
  ),
  weightedAverage,
  gated,
  attention,
];
