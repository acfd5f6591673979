/**
 * Kinds of modality: everything that happens once per row without weights. Each entry says its properties, the type of
 * its value, its data plan and its steps on the host. How it is done is the runtime's.
 */
import { printInteger } from "../../grammar/print.ts";
import type { AudioFeatures, AudioPlan, CallPlan, ModalityPlan, SampleCount, Scaling } from "../../plan/plan.ts";
import { type Dim, symbol } from "../types/dim.ts";
import { axis, tensor, type TensorType, printType } from "../types/type.ts";
import { type ArgValue, type Arguments, type Entry, type Origin, type Param, type Params, boolean, call, choice, column, either, int, list, plannedWords, ratio, share, size, template } from "./define.ts";

/** What an entry is asked with: its name, whether it has `?`, its checked properties. */
export interface ModalityFacts {
  readonly name: string;
  readonly optional: boolean;
  readonly args: Arguments;
  /** Where a size comes from: the property as written, or the declaration. */
  origin(property: string): Origin;
  /** The vocabulary of a text modality this one shares. */
  vocabularyOf(name: string): Dim;
}

export interface Step {
  readonly text: string;
  readonly type?: string;
  readonly fitted?: true;
  readonly trainingOnly?: true;
}

export interface Modality extends Entry {
  readonly role: "modality";
  infer(facts: ModalityFacts): TensorType;
  plan(facts: ModalityFacts): ModalityPlan;
  /** After the step that says where the value comes from. */
  steps(facts: ModalityFacts): readonly Step[];
}

// ---------------------------------------------------------------- what every modality has

const planned = (doc: string): Param => ({ doc, kind: { is: "boolean" }, later: true });

const cellText = either("Cells that mean nothing: -1, \"n/a\".", {
  kinds: [
    { is: "string", what: "the text of a cell" },
    { is: "number" },
    { is: "list", of: { is: "either", kinds: [{ is: "string", what: "the text of a cell" }, { is: "number" }] } },
  ],
});

const where: Params = {
  from: planned("Another table."),
  key: planned("The column on which the tables match."),
  time: planned("The other table's time."),
  window: planned("The last rows before this row's time."),
  as_of: planned("Whether the same moment counts."),
  every: planned("Cuts a window into steps."),
};

const own: Params = {
  column: column("Column of the table; its own name if not given.", { excludes: ["columns", "file", "files"] }),
  columns: list("Several columns; of text and media, one item each.", { of: { is: "column" }, min: 1, excludes: ["column", "file", "files"] }),
};
const media: Params = {
  file: template("A path with columns in braces, \"{stock}_{date}.png\".", { excludes: ["column", "columns", "files"] }),
  files: list("Several paths, one item each.", { of: { is: "template" }, min: 1, excludes: ["column", "columns", "file"] }),
};
const index = column("The column that picks one item of an array file (.npy, IDX).", { needs: ["file", "column"] });
const count = int("At most so many items a row, of a JSON list: a new axis `items`.", { min: 1 });
const absence: Params = {
  missing: choice("What happens where a required value is not there.", { of: ["error", "drop", "empty"], default: "error" }),
  na: cellText,
  dropout: share("Share of training rows from which an optional modality is hidden besides.", { below: 1, default: 0 }),
};
const imputeParam = either("What stands in for a missing number; adds a flag that says so.", {
  kinds: [{ is: "choice", of: ["mean", "median", "mode"] }, { is: "number" }],
});

const asList = (value: ArgValue | undefined): string[] | undefined =>
  value === undefined ? undefined : (Array.isArray(value) ? value : [value]).map(String);

/** The common part of a plan; a value without column or file stands in the column of its own name. */
function basePlan({ name, optional, args }: ModalityFacts) {
  const given = ["column", "columns", "file", "files"].some((p) => args.has(p));
  const missing = args.maybeString("missing");
  const dropout = args.maybeNumber("dropout") ?? 0;
  return {
    ...(given ? {} : { column: name }),
    ...(args.has("column") ? { column: args.string("column") } : {}),
    ...(args.has("columns") ? { columns: asList(args.value("columns"))! } : {}),
    ...(args.has("file") ? { file: args.string("file") } : {}),
    ...(args.has("files") ? { files: asList(args.value("files"))! } : {}),
    ...(args.has("index") ? { index: args.string("index") } : {}),
    ...(args.has("count") ? { count: args.number("count") } : {}),
    ...(optional ? { optional: true as const } : {}),
    ...(dropout > 0 ? { dropout } : {}),
    ...(missing === "drop" || missing === "empty" ? { missing: missing as "drop" | "empty" } : {}),
    ...(args.has("na") ? { na: asList(args.value("na"))! } : {}),
  };
}

/** How many items a row has; undefined: one value. */
export function itemsOf(args: Arguments, kind: string): number | undefined {
  if (args.has("count")) return args.number("count");
  if (args.has("files")) return (args.value("files") as readonly string[]).length;
  if (args.has("columns") && kind !== "vector") return (args.value("columns") as readonly string[]).length;
  return undefined;
}

function withItems(facts: ModalityFacts, kind: string, type: TensorType): TensorType {
  const items = itemsOf(facts.args, kind);
  const origin = facts.origin(facts.args.has("count") ? "count" : facts.args.has("files") ? "files" : "columns");
  const axes = items === undefined ? type.axes : [axis("items", items, origin, true), ...type.axes];
  return { ...type, axes, absentWith: facts.optional ? [facts.name] : [] };
}

const hide = (facts: ModalityFacts, type: string): Step[] => {
  const dropout = facts.args.maybeNumber("dropout") ?? 0;
  return dropout > 0 ? [{ text: `hide(${Math.round(dropout * 1000) / 10}%)`, type, trainingOnly: true }] : [];
};

const plainCall = (value: ArgValue): CallPlan => {
  const { word, args } = value as { word: string; args: { [name: string]: ArgValue } };
  return Object.keys(args).length === 0 ? word : { [word]: camelKeys(args) };
};

/** Argument names as the plan has them: `learning_rate` is `learningRate`. */
export function camelKeys(args: { readonly [name: string]: ArgValue }): { [name: string]: ArgValue } {
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [camelCase(name), value]));
}

export const camelCase = (name: string): string => name.replace(/_+([\p{L}\p{N}])/gu, (_, c: string) => c.toUpperCase());

// ---------------------------------------------------------------- text

const text: Modality = {
  name: "text",
  role: "modality",
  doc: "Words or characters of a column, or of files, as token ids.",
  source: "Keras Tokenizer, TextVectorization",
  example: "modality report: text { vocabulary: 10_000, tokens: 100 }",
  params: {
    ...own,
    ...media,
    tokenizer: choice("What a token is.", { of: ["words", "characters"], default: "words", planned: ["wordpiece", "bpe", "pretrained"] }),
    language: choice("Language of the text, where words are not parted by spaces; the training rows say if not given.", { of: ["en", "zh", "ja", "th", "de", "fr", "es", "it", "pt", "nl", "ru", "ko", "ar", "hi"], open: true }),
    vocabulary: either("Rows of weights (0 pad, 1 unknown, then by frequency), or a text modality to share with.", {
      kinds: [{ is: "int", min: 3 }, { is: "name", of: ["modality"] }],
    }),
    tokens: int("Tokens a row has: shorter ones are padded, longer ones cut.", { min: 1 }),
    lower: boolean("Makes all letters small.", { default: true }),
    pad: choice("Where padding goes, and where is cut.", { of: ["post", "pre"], default: "post" }),
    output: choice("Token ids, or one number a word of the vocabulary.", { of: ["ids", "multi_hot", "count", "tf_idf"], default: "ids" }),
    count,
    ...absence,
    ...where,
  },
  infer(facts) {
    const { name, args } = facts;
    const given = args.value("vocabulary");
    const vocabulary: Dim = typeof given === "number" ? given : typeof given === "string" ? facts.vocabularyOf(given) : symbol(`${name}.vocabulary`);
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
      return [{ text: tokenize, fitted: true }, { text: args.string("output"), type, ...(args.string("output") === "tf_idf" ? { fitted: true as const } : {}) }, ...hide(facts, type)];
    }
    return [
      { text: tokenize, type: "i32[B, tokens=?]", fitted: true },
      { text: `pad(${printInteger(args.number("tokens"))}, ${args.string("pad")})`, type },
      ...hide(facts, type),
    ];
  },
};

// ---------------------------------------------------------------- image

const image: Modality = {
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
    normalize: choice("standard: per channel on training rows; imagenet: its mean and deviation.", { of: ["none", "standard", "imagenet"], default: "none" }),
    resize: choice("stretch to the size, fit into it, or crop to it.", { of: ["stretch", "fit", "crop"], default: "stretch" }),
    augment: list("Changes drawn anew each epoch, training rows only.", { of: { is: "call", roles: ["augment"] } }),
    draw: planned("Draws the picture from numbers."),
    count,
    ...absence,
    ...where,
  },
  infer(facts) {
    const [height, width] = facts.args.size("size") as [number, number];
    const from = facts.origin("size");
    return withItems(facts, "image", tensor("f32", [axis("height", height, from), axis("width", width, from), axis("channels", facts.args.number("channels"), facts.origin("channels"))]));
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
            { text: `resize(${height}x${width}${args.string("resize") === "stretch" ? "" : `, ${args.string("resize")}`})`, type },
          ]),
      { text: `rescale(${ratioText(args.number("rescale"))})`, type },
      ...(normalize === "none" ? [] : [{ text: `normalize(${normalize})`, type, ...(normalize === "standard" ? { fitted: true as const } : {}) }]),
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

/** Augmentations as written in a spec; the call's text travels with the value. */
function augmentSteps(args: Arguments, type: string): Step[] {
  return ((args.value("augment") as ArgValue[] | undefined) ?? []).map((value) => ({ text: printCall(value), type, trainingOnly: true as const }));
}

/** `noise(10dB..30dB)`, `rotate(10deg)`: a checked call as a spec would write it. */
export function printCall(value: ArgValue): string {
  const { word, args } = value as { word: string; args: { [name: string]: ArgValue } };
  const shares = new Set(["crop", "zoom", "shift", "brightness", "contrast", "mask_time", "mask_bands"]);
  const parts = Object.values(args).map((v) => {
    if (typeof v === "number") return word === "rotate" ? `${v}deg` : shares.has(word) ? `${Math.round(v * 1000) / 10}%` : String(v);
    if (Array.isArray(v)) return v.join("x");
    if (typeof v === "object" && "from" in v) return v.from === v.to ? `${v.from}dB` : `${v.from}dB..${v.to}dB`;
    return String(v);
  });
  return parts.length === 0 ? word : `${word}(${parts.join(", ")})`;
}

// ---------------------------------------------------------------- audio

/** Of a duration among other kinds (`either`): its seconds. */
export function secondsOf(value: ArgValue | undefined): number | undefined {
  if (typeof value !== "object" || !("word" in value) || value.word !== "seconds") return undefined;
  return value.args.value as number;
}

/** A duration as samples, rounded to the next power of two; samples as they are. */
function windowSamples(value: ArgValue, rate: number | undefined): SampleCount {
  if (typeof value === "number") return value;
  const seconds = secondsOf(value) ?? 0;
  return rate === undefined ? { seconds } : 2 ** Math.ceil(Math.log2(Math.max(1, seconds * rate)) - 1e-9);
}

interface Sound {
  readonly rate: number | undefined;
  readonly features: AudioFeatures;
  readonly word: string;
  readonly frames: number | undefined;
  readonly bands: Dim;
}

function soundOf({ name, args }: ModalityFacts): Sound {
  const given = args.value("rate");
  const rate = typeof given === "number" ? given : undefined;
  const feature = args.value("features") as { word: string; args: { [name: string]: ArgValue } };
  const length = args.value("length")!;
  const channels = args.number("channels");
  const of = feature.args;
  const fft: SampleCount = of.fft === undefined ? 0 : windowSamples(of.fft, rate);
  const hop: SampleCount = of.hop === undefined ? 1 : windowSamples(of.hop, rate);
  const seconds = secondsOf(length);
  const frames =
    seconds === undefined
      ? (length as number)
      : rate === undefined || typeof hop !== "number"
        ? undefined
        : feature.word === "waveform"
          ? Math.round(seconds * rate)
          : Math.floor(Math.round(seconds * rate) / hop) + 1;
  const bands: Dim =
    feature.word === "waveform"
      ? channels
      : feature.word === "spectrogram"
        ? typeof fft === "number" ? fft / 2 + 1 : symbol(`${name}.bands`)
        : ((feature.word === "mel" ? of.bands : of.coefficients) as number);
  const features: AudioFeatures =
    feature.word === "waveform"
      ? { waveform: {} }
      : feature.word === "spectrogram"
        ? { spectrogram: { fft, hop, scale: of.scale as "db" } }
        : feature.word === "mel"
          ? { mel: { bands: of.bands as number, fft, hop, scale: of.scale as "db", fmin: of.fmin as number, ...(of.fmax === undefined ? {} : { fmax: of.fmax as number }) } }
          : { mfcc: { coefficients: of.coefficients as number, bands: of.bands as number, fft, hop } };
  return { rate, features, word: feature.word, frames, bands };
}

const audio: Modality = {
  name: "audio",
  role: "modality",
  doc: "Sound (WAV; MP3 and others through ffmpeg) as features in frames, of one length, the rest masked.",
  source: "librosa's definitions",
  example: 'modality call: audio { file: "{call}", rate: 16kHz, length: 10s, features: mel(bands: 64) }',
  params: {
    ...own,
    ...media,
    index,
    rate: either("Samples a second; native: as the files have it, all alike.", { kinds: [{ is: "frequency" }, { is: "choice", of: ["native"] }], default: "native" }),
    length: either("A duration, or a number of frames; longer sound is cut, shorter masked.", { kinds: [{ is: "duration" }, { is: "int", min: 1 }], required: true }),
    channels: int("Channels; more are averaged.", { min: 1, max: 2, default: 1 }),
    features: call("What is computed from the samples.", { roles: ["sound"], required: true }),
    normalize: choice("standard: a mean and a deviation per band, of training rows.", { of: ["standard", "none"] }),
    augment: list("Changes drawn anew each epoch, training rows only.", { of: { is: "call", roles: ["augment"] } }),
    count,
    ...absence,
    ...where,
  },
  infer(facts) {
    const sound = soundOf(facts);
    const time: Dim = sound.frames ?? symbol(`${facts.name}.time`);
    const bands = sound.word === "waveform" ? "channels" : "bands";
    return withItems(
      facts,
      "audio",
      tensor("f32", [axis("time", time, facts.origin("length"), true), axis(bands, sound.bands, facts.origin("features"))]),
    );
  },
  plan(facts): AudioPlan {
    const { args } = facts;
    const sound = soundOf(facts);
    const length = args.value("length")!;
    return {
      type: "audio",
      ...basePlan(facts),
      rate: sound.rate ?? "native",
      ...(secondsOf(length) === undefined ? { frames: length as number } : { seconds: secondsOf(length) as number }),
      channels: args.number("channels"),
      features: sound.features,
      normalize: (args.maybeString("normalize") ?? (sound.word === "waveform" ? "none" : "standard")) as "none",
      augment: ((args.value("augment") as ArgValue[] | undefined) ?? []).map(plainCall),
    };
  },
  steps(facts) {
    const { args } = facts;
    const sound = soundOf(facts);
    const type = printType(this.infer(facts));
    const length = args.value("length")!;
    const seconds = secondsOf(length);
    const waveType = seconds !== undefined && sound.rate !== undefined ? `f32[B, time=${Math.round(seconds * sound.rate)}]` : "f32[B, time=?]";
    const rate = sound.rate === undefined ? "native" : sound.rate % 1000 === 0 ? `${sound.rate / 1000}kHz` : `${sound.rate}Hz`;
    const drawn = augmentSteps(args, waveType);
    const onFeatures = drawn.filter((s) => s.text.startsWith("mask_")).map((s) => ({ ...s, type }));
    const normalize = args.maybeString("normalize") ?? (sound.word === "waveform" ? "none" : "standard");
    const features = sound.word === "waveform" ? [] : [{ text: facts.origin("features").text, type }];
    const normalized = normalize === "none" ? [] : [{ text: `normalize(${normalize})`, type, fitted: true as const }];
    const decode = { text: sound.rate === undefined ? "decode" : `decode(${rate})`, type: "f32[B, time=?]" };
    const waves = drawn.filter((s) => !s.text.startsWith("mask_"));
    if (seconds === undefined) {
      // a number of frames can only be cut once there are frames
      const long = type.replace(/time=\d+/, "time=?");
      return [decode, ...waves, ...features.map((f) => ({ ...f, type: long })), { text: `trim(${printInteger(length as number)} frames)`, type }, ...normalized, ...onFeatures, ...hide(facts, type)];
    }
    return [decode, { text: `trim(${secondsText(seconds)})`, type: waveType }, ...waves, ...features, ...normalized, ...onFeatures, ...hide(facts, type)];
  },
};

const secondsText = (seconds: number): string => (seconds >= 1 ? `${seconds}s` : `${Math.round(seconds * 1000)}ms`);

// ---------------------------------------------------------------- tabular, vector

const scalings = ["standard", "minmax", "robust", "quantile", "log", "none"] as const;
const normalize = choice("How numbers are brought to one scale, on training rows.", { of: scalings, default: "standard" });

const tabular: Modality = {
  name: "tabular",
  role: "modality",
  doc: "Numbers and categories of the row as one vector: numbers scaled, categories one-hot with a column for unseen ones.",
  source: "scikit-learn StandardScaler, OneHotEncoder",
  example: 'modality sheet: tabular { numeric: ["leverage", "roa"], categorical: ["sector"] }',
  params: {
    numeric: list("Columns of numbers.", { of: { is: "column" } }),
    categorical: list("Columns of categories.", { of: { is: "column" } }),
    normalize,
    impute: imputeParam,
    bins: int("Piecewise-linear features: so many bins a number.", { min: 2 }),
    missing: absence.missing!,
    na: absence.na!,
    dropout: absence.dropout!,
    ...where,
    count: planned("Several rows of another table."),
  },
  infer(facts) {
    const numeric = asList(facts.args.value("numeric")) ?? [];
    const categorical = asList(facts.args.value("categorical")) ?? [];
    const plain = categorical.length === 0 && !facts.args.has("impute") && !facts.args.has("bins") && !numeric.some((c) => c.includes("*"));
    const width: Dim = plain ? numeric.length : symbol(`${facts.name}.features`);
    return tensor("f32", [axis("features", width, facts.origin("numeric"))], facts.optional ? [facts.name] : []);
  },
  plan(facts) {
    const { args } = facts;
    const { column: _none, ...base } = basePlan(facts);
    return {
      type: "tabular",
      ...base,
      numeric: asList(args.value("numeric")) ?? [],
      categorical: asList(args.value("categorical")) ?? [],
      normalize: args.string("normalize") as Scaling,
      ...(args.has("impute") ? { impute: args.value("impute") as "mean" } : {}),
      ...(args.has("bins") ? { bins: args.number("bins") } : {}),
    };
  },
  steps(facts) {
    const { args } = facts;
    const type = printType(this.infer(facts));
    const parts = [
      ...(args.has("impute") ? [`impute(${String(args.value("impute"))})`] : []),
      ...(args.has("numeric") && args.string("normalize") !== "none" ? [`normalize(${args.string("normalize")})`] : []),
      ...(args.has("bins") ? [`bins(${args.number("bins")})`] : []),
      ...(args.has("categorical") ? ["one_hot"] : []),
    ];
    return [{ text: parts.join(", ") || "as it is", type, ...(parts.length > 0 ? { fitted: true as const } : {}) }, ...hide(facts, type)];
  },
};

const vector: Modality = {
  name: "vector",
  role: "modality",
  doc: "A vector that was computed elsewhere: a JSON list, columns, or an item of an array file.",
  example: 'modality past: vector { columns: ["px_*"] }',
  params: { ...own, ...media, index, dim: int("Width, where the columns do not say it.", { min: 1 }), normalize, impute: imputeParam, count, ...absence, ...where },
  infer(facts) {
    const columns = asList(facts.args.value("columns"));
    const plain = columns !== undefined && !columns.some((c) => c.includes("*")) && !facts.args.has("impute");
    const width: Dim = facts.args.maybeNumber("dim") ?? (plain ? columns.length : symbol(`${facts.name}.features`));
    return withItems(facts, "vector", tensor("f32", [axis("features", width, facts.origin(facts.args.has("dim") ? "dim" : "columns"))]));
  },
  plan(facts) {
    const { args } = facts;
    return {
      type: "vector",
      ...basePlan(facts),
      ...(args.has("dim") ? { dim: args.number("dim") } : {}),
      normalize: args.string("normalize") as Scaling,
      ...(args.has("impute") ? { impute: args.value("impute") as "mean" } : {}),
    };
  },
  steps(facts) {
    const type = printType(this.infer(facts));
    const normalized = facts.args.string("normalize");
    return [
      ...(facts.args.has("index") ? [{ text: `item ${JSON.stringify(facts.args.string("index"))}`, type }] : []),
      ...(normalized === "none" ? [] : [{ text: `normalize(${normalized})`, type, fitted: true as const }]),
      ...hide(facts, type),
    ];
  },
};

export const modalities: readonly Modality[] = [text, image, audio, tabular, vector, ...(plannedWords("modality", "video", "series") as Modality[])];

/** Where the value comes from, the first node of its way: `column "report"`, `file "…"`, `5 columns`. */
export function sourceStep(facts: ModalityFacts, kind: string): string {
  const { args, name } = facts;
  if (kind === "tabular") {
    const n = (asList(args.value("numeric")) ?? []).length + (asList(args.value("categorical")) ?? []).length;
    return n === 1 ? "1 column" : `${n} columns`;
  }
  if (args.has("file")) return `file ${JSON.stringify(args.string("file"))}`;
  if (args.has("files")) return `${(args.value("files") as string[]).length} files`;
  if (args.has("columns")) return `${(args.value("columns") as string[]).length} columns`;
  return `column ${JSON.stringify(args.maybeString("column") ?? name)}`;
}

