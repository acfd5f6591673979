/** text: words or characters as token ids, or one number a word of the vocabulary. */
import { printInteger } from "../../../grammar/print.ts";
import { type Dim, symbol } from "../../types/dim.ts";
import { axis, printType, tensor } from "../../types/type.ts";
import { boolean, choice, either, int } from "../define.ts";
import { absence, basePlan, count, hide, type Modality, media, own, where, withItems } from "./kind.ts";

export const text: Modality = {
  name: "text",
  role: "modality",
  doc: "Words or characters of a column, or of files, as token ids.",
  source: "Keras Tokenizer, TextVectorization",
  example: "modality report: text { vocabulary: 10_000, tokens: 100 }",
  params: {
    ...own,
    ...media,
    tokenizer: choice("What a token is.", {
      of: ["words", "characters"],
      default: "words",
      planned: ["wordpiece", "bpe", "pretrained"],
    }),
    language: choice(
      "Language of the text, where words are not parted by spaces; the training rows say if not given.",
      { of: ["en", "zh", "ja", "th", "de", "fr", "es", "it", "pt", "nl", "ru", "ko", "ar", "hi"], open: true },
    ),
    vocabulary: either("Rows of weights (0 pad, 1 unknown, then by frequency), or a text modality to share with.", {
      kinds: [
        { is: "int", min: 3 },
        { is: "name", of: ["modality"] },
      ],
    }),
    tokens: int("Tokens a row has: shorter ones are padded, longer ones cut.", { min: 1 }),
    lower: boolean("Makes all letters small.", { default: true }),
    pad: choice("Where padding goes, and where is cut.", { of: ["post", "pre"], default: "post" }),
    output: choice("Token ids, or one number a word of the vocabulary.", {
      of: ["ids", "multi_hot", "count", "tf_idf"],
      default: "ids",
    }),
    count,
    ...absence,
    ...where,
  },
  infer(facts) {
    const { name, args } = facts;
    const given = args.value("vocabulary");
    const vocabulary: Dim =
      typeof given === "number"
        ? given
        : typeof given === "string"
          ? facts.vocabularyOf(given)
          : symbol(`${name}.vocabulary`);
    if (args.string("output") !== "ids") {
      return withItems(facts, "text", tensor("f32", [axis("features", vocabulary, facts.origin("vocabulary"))]));
    }
    const tokens = axis("tokens", args.number("tokens"), facts.origin("tokens"), true);
    return { ...withItems(facts, "text", tensor("i32", [tokens])), vocabulary };
  },
  plan(facts) {
    const { args } = facts;
    const vocabulary = args.value("vocabulary");
    return {
      type: "text",
      ...basePlan(facts),
      tokenizer: args.string("tokenizer") as "words",
      ...(args.has("language") ? { language: args.string("language") } : {}),
      ...(typeof vocabulary === "number" ? { vocabulary } : {}),
      ...(typeof vocabulary === "string" ? { shares: vocabulary } : {}),
      tokens: args.maybeNumber("tokens") ?? 0,
      lower: args.boolean("lower"),
      pad: args.string("pad") as "post",
      output: args.string("output") as "ids",
    };
  },
  steps(facts) {
    const { args } = facts;
    const type = printType(this.infer(facts));
    const vocabulary = args.value("vocabulary");
    const tokenize = `tokenize(${args.string("tokenizer")}${vocabulary === undefined ? "" : `, vocabulary: ${typeof vocabulary === "number" ? printInteger(vocabulary) : vocabulary}`})`;
    if (args.string("output") !== "ids") {
      return [
        { text: tokenize, fitted: true },
        { text: args.string("output"), type, ...(args.string("output") === "tf_idf" ? { fitted: true as const } : {}) },
        ...hide(facts, type),
      ];
    }
    return [
      { text: tokenize, type: "i32[B, tokens=?]", fitted: true },
      { text: `pad(${printInteger(args.number("tokens"))}, ${args.string("pad")})`, type },
      ...hide(facts, type),
    ];
  },
};
