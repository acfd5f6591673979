/** image: pictures brought to one size. */
import { axis, printType, tensor } from "../../types/type.ts";
import { type ArgValue, choice, list, type Param, ratio, size } from "../define.ts";
import {
  absence,
  augmentSteps,
  basePlan,
  count,
  hide,
  index,
  type Modality,
  media,
  own,
  plainCall,
  planned,
  where,
  withItems,
} from "./kind.ts";

export const image: Modality = {
  name: "image",
  role: "modality",
  doc: "Pictures (JPEG, PNG, WebP, GIF, TIFF, or items of an array file), brought to one size.",
  source: "Pillow (resizing), EXIF turned, alpha over white",
  example: 'modality chart: image { file: "charts/{ticker}.png", size: 150x150 }',
  params: {
    ...own,
    ...media,
    index,
    size: size("Height x width.", { rank: 2, required: true }),
    channels: choiceOfNumbers("1 gray, 3 colours, 4 with alpha.", [3, 1, 4]),
    rescale: ratio("Factor of the pixel values.", { default: 1 / 255 }),
    normalize: choice("standard: per channel on training rows; imagenet: its mean and deviation.", {
      of: ["none", "standard", "imagenet"],
      planned: ["pretrained"],
      default: "none",
    }),
    resize: choice("stretch to the size, fit into it, or crop to it.", {
      of: ["stretch", "fit", "crop"],
      default: "stretch",
    }),
    augment: list("Changes drawn anew each epoch, training rows only.", { of: { is: "call", roles: ["augment"] } }),
    draw: planned("Draws the picture from numbers."),
    count,
    ...absence,
    ...where,
  },
  infer(facts) {
    const [height, width] = facts.args.size("size") as [number, number];
    const from = facts.origin("size");
    return withItems(
      facts,
      "image",
      tensor("f32", [
        axis("height", height, from),
        axis("width", width, from),
        axis("channels", facts.args.number("channels"), facts.origin("channels")),
      ]),
    );
  },
  plan(facts) {
    const { args } = facts;
    return {
      type: "image",
      ...basePlan(facts),
      size: args.size("size") as [number, number],
      channels: args.number("channels") as 3,
      rescale: args.number("rescale"),
      normalize: args.string("normalize") as "none",
      resize: args.string("resize") as "stretch",
      augment: ((args.value("augment") as ArgValue[] | undefined) ?? []).map(plainCall),
    };
  },
  steps(facts) {
    const { args } = facts;
    const type = printType(this.infer(facts));
    const [height, width] = args.size("size");
    const normalize = args.string("normalize");
    return [
      ...(args.has("index")
        ? [{ text: `item ${JSON.stringify(args.string("index"))}`, type }]
        : [
            { text: "decode", type: `f32[B, height=?, width=?, channels=${args.number("channels")}]` },
            {
              text: `resize(${height}x${width}${args.string("resize") === "stretch" ? "" : `, ${args.string("resize")}`})`,
              type,
            },
          ]),
      { text: `rescale(${ratioText(args.number("rescale"))})`, type },
      ...(normalize === "none"
        ? []
        : [{ text: `normalize(${normalize})`, type, ...(normalize === "standard" ? { fitted: true as const } : {}) }]),
      ...augmentSteps(args, type),
      ...hide(facts, type),
    ];
  },
};

function choiceOfNumbers(doc: string, of: readonly number[]): Param {
  return { doc, kind: { is: "number", of }, default: of[0] as number } as Param;
}

const ratioText = (value: number): string => {
  const below = Math.round(1 / value);
  return Math.abs(1 / value - below) < 1e-9 && below > 1 ? `1/${below}` : String(value);
};
