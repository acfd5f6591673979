/** Late fusions: predictions of heads of one target become one prediction of it. */
import { boolean, choice, defineFusion, type Fusion } from "../define.ts";
import { absentTogether } from "./fusions.ts";

const params = {
  of: choice("What is combined.", { of: ["probabilities", "logits"], default: "probabilities" }),
  train_members: boolean("The fusion's gradient goes on into its members.", { default: false }),
};

function late(name: "average" | "weighted_average" | "product" | "vote", doc: string, source?: string): Fusion {
  return defineFusion({
    name,
    role: "late",
    doc,
    ...(source ? { source } : {}),
    example: `fusion verdict: late = ${name}(says, shows)`,
    sources: [2, Number.POSITIVE_INFINITY],
    absent: true,
    // votes and products are of classes and their probabilities
    ...(name === "vote" || name === "product" ? { judges: ["binary", "multiclass", "multilabel"] } : {}),
    params: name === "vote" ? { train_members: params.train_members } : params,
    infer(context) {
      const types = context.sources.map((s) => s.type);
      return { ...types[0]!, absentWith: absentTogether(types) };
    },
    weights: ({ inputs }) =>
      name === "weighted_average" ? [{ name: "weights", shape: [inputs.length], trainable: true }] : [],
    emit: { factory: `late_${name}` },
  });
}

export const lateFusions: readonly Fusion[] = [
  late("average", "The mean of the members' predictions."),
  late("weighted_average", "The mean of the members' predictions with learned weights that add up to 1."),
  late("product", "The normalized product of the members' probabilities.", "Hinton 2002 (products of experts)"),
  late("vote", "Every member votes for its likeliest class."),
];
