/** dense: a learned linear map of the last axis. */
import { multiply } from "../../types/dim.ts";
import { axis, elements, lastAxis, withLast } from "../../types/type.ts";
import { defineOp, int } from "../define.ts";
import { activation, useBias } from "../parameters.ts";
import { needsFeatures } from "../problems.ts";

export const dense = defineOp({
  name: "dense",
  role: "layer",
  doc: "Maps the last axis to `units` features by learned weights, then applies the activation; the same map at every step of other axes.",
  source: "Keras Dense",
  example: "words -> dense(128, relu)",
  positional: 2,
  params: { units: int("Width of the result.", { min: 1, required: true }), activation, use_bias: useBias },
  infer(context) {
    const { input, args, origin } = context;
    if (!needsFeatures(context)) return undefined;
    return withLast(input.type, axis("features", args.number("units"), origin));
  },
  weights({ inputs, args }) {
    const units = args.number("units");
    const kernel = { name: "kernel", shape: [lastAxis(inputs[0]!)!.size, units], trainable: true };
    return args.boolean("use_bias") ? [kernel, { name: "bias", shape: [units], trainable: true }] : [kernel];
  },
  cost: ({ inputs, args }) => multiply(elements(inputs[0]!), args.number("units")),
  // a head's dense is as wide as its target, which only the data may know
  emit: {
    options: ({ output, args }, expression) => ({
      units: expression(lastAxis(output)!.size),
      ...(args.has("activation") && args.string("activation") !== "linear"
        ? { activation: JSON.stringify(args.string("activation")) }
        : {}),
      ...(args.has("use_bias") && !args.boolean("use_bias") ? { useBias: "false" } : {}),
    }),
  },
});
