/** conv1d and conv2d: learned windows over one or two axes. */
import { multiply } from "../../types/dim.ts";
import { axis, elements, lastAxis, withAxes } from "../../types/type.ts";
import { defineOp, int } from "../define.ts";
import {
  activation,
  dilation1,
  dilation2,
  kernel2,
  padding1,
  padding2,
  strides1,
  strides2,
  useBias,
  windows,
} from "../parameters.ts";
import { fitsWindow, needsImage, needsSequence } from "../problems.ts";

const bias = (filters: number, used: boolean) => (used ? [{ name: "bias", shape: [filters], trainable: true }] : []);

export const conv1d = defineOp({
  name: "conv1d",
  role: "layer",
  doc: "Learns `filters` patterns of `kernel_size` steps and says at each step how well they fit.",
  source: "Keras Conv1D",
  example: "sound -> conv1d(64, 5, relu)",
  positional: 3,
  params: {
    filters: int("Number of patterns: width of the result.", { min: 1, required: true }),
    kernel_size: int("Steps that a pattern covers.", { min: 1, required: true }),
    activation,
    strides: strides1,
    padding: padding1,
    dilation_rate: dilation1,
    use_bias: useBias,
  },
  infer(context) {
    const { input, args, origin } = context;
    const filters = args.number("filters");
    const kernel = args.number("kernel_size");
    if (!needsSequence(context, { image: `conv2d(${filters}, ${kernel}x${kernel})`, vector: `dense(${filters})` }))
      return undefined;
    const steps = input.type.axes[0]!;
    const size = windows(
      steps.size,
      kernel,
      args.number("strides"),
      args.number("dilation_rate"),
      args.string("padding"),
    );
    if (!fitsWindow(context, [[steps, size]])) return undefined;
    return withAxes(input.type, [axis(steps.name, size, origin, steps.masked), axis("features", filters, origin)]);
  },
  weights({ inputs, args }) {
    const filters = args.number("filters");
    const channels = lastAxis(inputs[0]!)!.size;
    return [
      { name: "kernel", shape: [args.number("kernel_size"), channels, filters], trainable: true },
      ...bias(filters, args.boolean("use_bias")),
    ];
  },
  cost: ({ inputs, output, args }) =>
    multiply(elements(output), args.number("kernel_size"), lastAxis(inputs[0]!)!.size),
});

export const conv2d = defineOp({
  name: "conv2d",
  role: "layer",
  doc: "Learns `filters` patterns of `kernel_size` (height x width) and says at each place how well they fit.",
  source: "Keras Conv2D",
  example: "chart -> conv2d(32, 3x3, relu)",
  positional: 3,
  params: {
    filters: int("Number of patterns: channels of the result.", { min: 1, required: true }),
    kernel_size: kernel2("Height x width that a pattern covers."),
    activation,
    strides: strides2,
    padding: padding2,
    dilation_rate: dilation2,
    use_bias: useBias,
  },
  infer(context) {
    const { input, args, origin } = context;
    const filters = args.number("filters");
    const [kh, kw] = args.size("kernel_size") as [number, number];
    if (
      !needsImage(context, {
        sequence: `conv1d(${filters}, ${kh}${args.given("activation") ? `, ${args.string("activation")}` : ""})`,
        vector: `dense(${filters})`,
        items: true,
      })
    )
      return undefined;
    const [h, w] = [input.type.axes[0]!, input.type.axes[1]!];
    const [th, tw] = args.size("strides") as [number, number];
    const [dh, dw] = args.size("dilation_rate") as [number, number];
    const padding = args.string("padding");
    const height = windows(h.size, kh, th, dh, padding);
    const width = windows(w.size, kw, tw, dw, padding);
    if (
      !fitsWindow(context, [
        [h, height],
        [w, width],
      ])
    )
      return undefined;
    return withAxes(input.type, [
      axis(h.name, height, origin),
      axis(w.name, width, origin),
      axis("channels", filters, origin),
    ]);
  },
  weights({ inputs, args }) {
    const filters = args.number("filters");
    const [kh, kw] = args.size("kernel_size") as [number, number];
    return [
      { name: "kernel", shape: [kh, kw, lastAxis(inputs[0]!)!.size, filters], trainable: true },
      ...bias(filters, args.boolean("use_bias")),
    ];
  },
  cost({ inputs, output, args }) {
    const [kh, kw] = args.size("kernel_size") as [number, number];
    return multiply(elements(output), kh, kw, lastAxis(inputs[0]!)!.size);
  },
});
