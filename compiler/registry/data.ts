/** Words of `data`, `modality` and `evaluate`: sources, splits, sound features, augmentations, baselines. */
import {
  boolean,
  choice,
  column,
  defineWord,
  type Entry,
  either,
  frequency,
  int,
  nameOf,
  type Param,
  path,
  plannedWords,
  type Role,
  share,
  size,
  string,
} from "./define.ts";

const word = (role: Role, entry: Omit<Entry, "role">): Entry => defineWord({ ...entry, role });

// ---------------------------------------------------------------- sources and splits

const paths = (doc: string): Param =>
  either(doc, { kinds: [{ is: "path" }, { is: "list", of: { is: "path" }, min: 1 }] });

export const sources: readonly Entry[] = [
  word("source", {
    name: "files",
    doc: "A file (or archive) for each part.",
    example: 'source: files(train: "train.csv", test: "test.csv")',
    params: {
      train: { ...paths("Of the training rows."), required: true },
      validation: paths("Of the validation rows."),
      test: paths("Of the test rows."),
    },
  }),
  word("source", {
    name: "query",
    doc: "An SQL query (DuckDB) whose result is the table; file names in it start at the folder of the spec.",
    example: "source: query(\"select * from 'a.csv' join 'b.parquet' using (id)\")",
    positional: 1,
    params: { sql: string("The query.", { what: "SQL", required: true }) },
  }),
  word("source", {
    name: "folders",
    doc: "A folder of class folders: a row a file, with the columns file, id and label.",
    source: "Keras flow_from_directory",
    example: 'source: folders("pictures")',
    positional: 1,
    params: { folder: path("The folder.", { required: true }) },
  }),
];

const partShare = (part: string, fallback: number) => share(`Share of the rows for ${part}.`, { default: fallback });
const splitSeed = int("Seed of the drawing; the training seed moves no row.", { min: 0, default: 0 });
const partLabels = (doc: string, extra: Param["kind"][] = []): Param =>
  either(doc, {
    kinds: [{ is: "string", what: "a label" }, { is: "list", of: { is: "string", what: "a label" }, min: 1 }, ...extra],
  });
const shareOrDay = (part: string, fallback: number) =>
  either(`Share of the rows for ${part}, or its first day.`, {
    kinds: [{ is: "share" }, { is: "string", what: "a day" }],
    default: fallback,
  });

export const splits: readonly Entry[] = [
  word("split", {
    name: "random",
    doc: "Rows at random; `stratify` keeps the shares of a column's values alike in all parts.",
    source: "scikit-learn train_test_split",
    example: 'split: random(train: 70%, validation: 15%, test: 15%, stratify: "label")',
    params: {
      train: partShare("training", 0.7),
      validation: partShare("validation", 0.15),
      test: partShare("test", 0.15),
      stratify: column("Column whose values are spread evenly."),
      seed: splitSeed,
    },
  }),
  word("split", {
    name: "in_order",
    doc: "The first rows train, the last are tested; nothing is shuffled.",
    source: "Keras validation_split",
    example: "split: in_order(train: 80%, validation: 20%)",
    params: {
      train: partShare("training", 0.7),
      validation: partShare("validation", 0.15),
      test: partShare("test", 0.15),
    },
  }),
  word("split", {
    name: "by_time",
    doc: "Training before validation before test by the column `time`; one moment is never parted.",
    example: "split: by_time(train: 70%, validation: 15%, test: 15%, embargo: 30d)",
    params: {
      train: shareOrDay("training", 0.7),
      validation: shareOrDay("validation", 0.15),
      test: shareOrDay("test", 0.15),
      embargo: either("Time (rows with `time: row`) left out at the end of each earlier part.", {
        kinds: [{ is: "duration" }, { is: "int", min: 0 }],
      }),
      apart: column("Values of this column that a later part has are left out of the earlier ones."),
    },
  }),
  word("split", {
    name: "by_group",
    doc: "Whole groups, drawn at random: no group is in two parts.",
    source: "scikit-learn GroupShuffleSplit",
    example: "split: by_group(train: 70%, validation: 15%, test: 15%)",
    params: {
      train: partShare("training", 0.7),
      validation: partShare("validation", 0.15),
      test: partShare("test", 0.15),
      seed: splitSeed,
    },
  }),
  word("split", {
    name: "by_column",
    doc: "A column says which part a row is in.",
    example: 'split: by_column("split", train: "train", validation: 15%, test: "test")',
    positional: 1,
    params: {
      column: column("The column.", { required: true }),
      train: { ...partLabels("Its labels of the training rows."), required: true },
      validation: partLabels("Its labels of the validation rows, or a share of the training rows.", [{ is: "share" }]),
      test: partLabels("Its labels of the test rows."),
      seed: splitSeed,
    },
  }),
  word("split", {
    name: "by_file",
    doc: "The parts are the files of `source: files(…)`.",
    example: "split: by_file(validation: 10%)",
    params: { validation: share("Share of the training rows for validation.", { below: 1 }), seed: splitSeed },
  }),
  ...plannedWords("split", "folds", "leave_one_group_out"),
];

// ---------------------------------------------------------------- sound

const samples = (doc: string, fallback: number): Param =>
  either(doc, {
    kinds: [{ is: "duration" }, { is: "int", min: 1 }],
    default: { word: "seconds", args: { value: fallback } },
  });
const fft = samples("Length of a window: a duration (rounded to the next power of two of samples) or samples.", 0.032);
const hop = samples("From one window to the next: a duration or samples.", 0.016);
const scale = choice("Decibels, or power.", { of: ["db", "power"], default: "db" });

export const sounds: readonly Entry[] = [
  word("sound", { name: "waveform", doc: "The samples themselves.", example: "features: waveform", params: {} }),
  word("sound", {
    name: "spectrogram",
    doc: "Power of each frequency in short windows.",
    source: "librosa stft",
    example: "features: spectrogram(fft: 32ms, hop: 16ms)",
    params: { fft, hop, scale },
  }),
  word("sound", {
    name: "mel",
    doc: "Power in bands spaced as the ear hears.",
    source: "librosa melspectrogram",
    example: "features: mel(bands: 64)",
    positional: 1,
    params: {
      bands: int("Number of bands.", { min: 1, required: true }),
      fft,
      hop,
      scale,
      fmin: frequency("Lowest frequency.", { default: 0 }),
      fmax: frequency("Highest frequency; half the rate if not given."),
      htk: boolean("HTK's mel scale in place of Slaney's.", { default: false }),
      norm: choice("slaney: every band has the same area; none: every band is 1 at its middle.", {
        of: ["slaney", "none"],
        default: "slaney",
      }),
    },
  }),
  word("sound", {
    name: "mfcc",
    doc: "Mel-frequency cepstral coefficients: the shape of the spectrum.",
    source: "librosa mfcc",
    example: "features: mfcc(coefficients: 20)",
    positional: 1,
    params: {
      coefficients: int("How many.", { min: 1, default: 20 }),
      bands: int("Number of mel bands.", { min: 1, default: 40 }),
      fft,
      hop,
    },
  }),
];

// ---------------------------------------------------------------- augmentation

const upTo = (doc: string): Param => share(doc, { required: true });

/** By modality: what may stand in its `augment`. */
export const augments: readonly (Entry & { readonly of: readonly ("image" | "audio")[] })[] = [
  {
    ...word("augment", {
      name: "flip",
      doc: "Mirrors half of the pictures.",
      example: "augment: [flip(horizontal)]",
      positional: 1,
      params: { direction: choice("Which way.", { of: ["horizontal", "vertical"], default: "horizontal" }) },
    }),
    of: ["image"],
  },
  {
    ...word("augment", {
      name: "rotate",
      doc: "Turns by up to this angle.",
      example: "augment: [rotate(10deg)]",
      positional: 1,
      params: { angle: { doc: "Largest angle.", kind: { is: "angle" }, required: true } },
    }),
    of: ["image"],
  },
  {
    ...word("augment", {
      name: "crop",
      doc: "Cuts out this share of height and width and brings it back to size.",
      example: "augment: [crop(90%)]",
      positional: 1,
      params: { share: upTo("What is kept.") },
    }),
    of: ["image"],
  },
  {
    ...word("augment", {
      name: "zoom",
      doc: "Enlarges or shrinks by up to this share.",
      example: "augment: [zoom(10%)]",
      positional: 1,
      params: { share: upTo("Largest change.") },
    }),
    of: ["image"],
  },
  {
    ...word("augment", {
      name: "shift",
      doc: "Moves by up to this share of the size (of a sound: of its length).",
      example: "augment: [shift(10%)]",
      positional: 1,
      params: { share: upTo("Largest move.") },
    }),
    of: ["image", "audio"],
  },
  {
    ...word("augment", {
      name: "brightness",
      doc: "Makes brighter or darker by up to this share.",
      example: "augment: [brightness(20%)]",
      positional: 1,
      params: { share: upTo("Largest change.") },
    }),
    of: ["image"],
  },
  {
    ...word("augment", {
      name: "contrast",
      doc: "Raises or lowers the contrast by up to this share.",
      example: "augment: [contrast(20%)]",
      positional: 1,
      params: { share: upTo("Largest change.") },
    }),
    of: ["image"],
  },
  {
    ...word("augment", {
      name: "noise",
      doc: "Adds noise: of a picture with this deviation, of a sound at a signal-to-noise ratio in this range.",
      example: "augment: [noise(10dB..30dB)]",
      positional: 1,
      params: {
        level: either("Deviation (0.05), or a range of decibels.", {
          kinds: [{ is: "range", of: { is: "decibel" } }, { is: "decibel" }, { is: "share" }],
          required: true,
        }),
      },
    }),
    of: ["image", "audio"],
  },
  {
    ...word("augment", {
      name: "cutout",
      doc: "Blanks a rectangle of this size.",
      source: "DeVries & Taylor 2017",
      example: "augment: [cutout(8x8)]",
      positional: 1,
      params: { size: size("Height x width.", { rank: 2, required: true }) },
    }),
    of: ["image"],
  },
  {
    ...word("augment", {
      name: "mask_time",
      doc: "Blanks a run of frames, up to this share.",
      source: "SpecAugment, Park et al. 2019",
      example: "augment: [mask_time(10%)]",
      positional: 1,
      params: { share: upTo("Longest run.") },
    }),
    of: ["audio"],
  },
  {
    ...word("augment", {
      name: "mask_bands",
      doc: "Blanks a run of bands, up to this share.",
      source: "SpecAugment, Park et al. 2019",
      example: "augment: [mask_bands(10%)]",
      positional: 1,
      params: { share: upTo("Widest run.") },
    }),
    of: ["audio"],
  },
  ...plannedWords("augment", "mixup").map((e) => ({ ...e, of: ["image" as const] })),
];

// ---------------------------------------------------------------- baselines

export const baselines: readonly (Entry & { readonly judges: readonly string[] })[] = [
  {
    ...word("baseline", {
      name: "majority",
      doc: "Always the commonest class of the training rows, with their shares as probabilities.",
      params: {},
    }),
    judges: ["binary", "multiclass", "multilabel"],
  },
  {
    ...word("baseline", { name: "mean", doc: "Always the mean of the training rows.", params: {} }),
    judges: ["regression"],
  },
  {
    ...word("baseline", {
      name: "only",
      doc: "The same model, trained again without the other modalities.",
      example: "baselines: [only(sheet)]",
      positional: 1,
      params: { modality: nameOf("The modality it keeps.", { of: ["modality"], required: true }) },
    }),
    judges: ["binary", "multiclass", "multilabel", "regression"],
  },
  ...plannedWords("baseline", "group_mean", "last_value", "seasonal", "drift", "linear", "ridge", "logistic").map(
    (e) => ({ ...e, judges: ["binary", "multiclass", "multilabel", "regression", "ordinal", "forecast"] }),
  ),
];
