/** lstm, gru and bidirectional: a state that steps through a sequence. */
import { add, type Dim, multiply } from "../../types/dim.ts";
import { axis, lastAxis, type TensorType, withAxes } from "../../types/type.ts";
import { type Arguments, boolean, choice, defineOp, int, type Op, type Shapes, share, stages } from "../define.ts";
import { needsSteps } from "../problems.ts";

const params = {
  units: int("Width of the state.", { min: 1, required: true }),
  return_sequences: boolean("Returns every step instead of the last.", { default: false }),
  dropout: share("Share of the inputs set to 0 in training.", { below: 1, default: 0 }),
  go_backwards: boolean("Steps from the end to the start.", { default: false }),
};

function result(input: TensorType, args: Arguments, origin: Parameters<typeof axis>[2]): TensorType {
  const features = axis("features", args.number("units"), origin);
  return withAxes(input, args.boolean("return_sequences") ? [input.axes[0]!, features] : [features]);
}

/** Weights of one direction: gates · (input + state) · units, and biases. */
function recurrentWeights(gates: number, biases: (width: number) => readonly Dim[]) {
  return ({ inputs, args }: Shapes) => {
    const units = args.number("units");
    const width = gates * units;
    return [
      { name: "kernel", shape: [lastAxis(inputs[0]!)!.size, width], trainable: true },
      { name: "recurrent_kernel", shape: [units, width], trainable: true },
      { name: "bias", shape: biases(width), trainable: true },
    ];
  };
}

const recurrentCost =
  (gates: number) =>
  ({ inputs, args }: Shapes) => {
    const units = args.number("units");
    const [steps, features] = inputs[0]!.axes as [(typeof inputs)[0]["axes"][0], (typeof inputs)[0]["axes"][0]];
    return multiply(steps.size, gates * units, add(features.size, units));
  };

const infer: Op["infer"] = (context) =>
  needsSteps(context) ? result(context.input.type, context.args, context.origin) : undefined;

export const lstm = defineOp({
  name: "lstm",
  role: "recurrent",
  doc: "Long short-term memory over a sequence; returns the last state, or every state with `return_sequences: true`. Masked steps leave the state as it is.",
  source: "Hochreiter & Schmidhuber 1997; Keras LSTM",
  example: "report -> embedding(64) -> lstm(128)",
  positional: 1,
  params,
  infer,
  weights: recurrentWeights(4, (width) => [width]),
  cost: recurrentCost(4),
});

export const gru = defineOp({
  name: "gru",
  role: "recurrent",
  doc: "Gated recurrent unit over a sequence (with Keras's two biases); returns the last state, or every state with `return_sequences: true`.",
  source: "Cho et al. 2014; Keras GRU",
  example: "report -> embedding(64) -> gru(64)",
  positional: 1,
  params,
  infer,
  weights: recurrentWeights(3, (width) => [2, width]),
  cost: recurrentCost(3),
});

export const bidirectional = defineOp({
  name: "bidirectional",
  role: "recurrent",
  doc: "Runs a recurrent op forwards and, with weights of its own, backwards, and joins both.",
  source: "Schuster & Paliwal 1997; Keras Bidirectional",
  example: "report -> embedding(64) -> bidirectional(lstm(64))",
  positional: 1,
  params: {
    layer: stages("The recurrent op, `lstm(64)`.", { required: true }),
    merge_mode: choice("How both directions are joined.", { of: ["concat", "sum", "ave", "mul"], default: "concat" }),
  },
  infer(context) {
    const { args, input } = context;
    const flow = args.flow("layer")!;
    const first = flow.calls[0]!;
    const word = first.ref.parts.map((p) => p.text).join(".");
    if (flow.calls.length !== 1 || (word !== "lstm" && word !== "gru")) {
      return context.fail(
        "value-kind",
        {
          name: "bidirectional",
          takes: "`lstm` or `gru`",
          text: word,
          is: "another op",
          write: "bidirectional(lstm(64))",
        },
        { at: first.span },
      );
    }
    const one = context.stages("layer", flow, input);
    if (!one) return undefined;
    if (args.string("merge_mode") !== "concat") return one;
    const features = lastAxis(one)!;
    return withAxes(one, [...one.axes.slice(0, -1), axis("features", multiply(features.size, 2), context.origin)]);
  },
});
