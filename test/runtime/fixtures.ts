/**
 * What becomes of every case of the shared fixtures (other libraries' numbers): which test compares it, or why none does.
 * The tests take their cases from here (`casesFor`), so that the count of fixtures.test.ts is a count of what is compared.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";

// Cases differ by kind; each test reads the fields of its own.
// biome-ignore lint/suspicious/noExplicitAny: the fixtures' cases are untyped JSON
export type Case = any;

export type Fate =
  /** A test of this name compares it. */
  | { readonly suite: Suite }
  /** The language has the word, this version not yet. */
  | { readonly later: string }
  /** The language has no such word, and why. With `word`: were it there, it would be called so. */
  | { readonly why: string; readonly word?: string };

export type Suite = keyof typeof suites;

/** The tests, from the repository's root. */
export const suites = {
  audio: "test/runtime/data/audio.test.ts",
  image: "test/runtime/data/image.test.ts",
  numbers: "test/runtime/data/numbers.test.ts",
  layers: "test/runtime/layers/keras-suite.ts",
  losses: "test/runtime/train/losses.test.ts",
  optimizers: "test/runtime/train/optimizers.test.ts",
  metrics: "test/runtime/evaluate/metrics.test.ts",
} as const;

const data = path.resolve(process.env.MMFC_SHARED ?? path.resolve(import.meta.dirname, "../../../shared"), "data");
const folders = ["peer_fixtures", "librosa_fixtures"];

/** `peer_fixtures/audio`, `librosa_fixtures/melfb` \u2026; none where the shared folder is not there. */
export function fixtureFiles(): string[] {
  return folders.flatMap((folder) => {
    const at = path.join(data, folder);
    if (!existsSync(at)) return [];
    const names = readdirSync(at).filter((name) => /\.jsonl?\.gz$/.test(name));
    return names.map((name) => `${folder}/${name.replace(/\..*/, "")}`).sort();
  });
}

const read = new Map<string, readonly Case[]>();

/** All cases of a file; none where it is not there. */
export function casesOf(file: string): readonly Case[] {
  let cases = read.get(file);
  if (cases === undefined) {
    const [json, lines] = [".json.gz", ".jsonl.gz"].map((ending) => path.join(data, `${file}${ending}`));
    const text = (at: string): string => gunzipSync(readFileSync(at)).toString();
    if (existsSync(json!)) cases = JSON.parse(text(json!)).cases as Case[];
    else if (existsSync(lines!)) {
      cases = text(lines!)
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
    } else {
      console.warn(`SKIPPED: no ${file} in the shared fixtures`);
      cases = [];
    }
    read.set(file, cases);
  }
  return cases;
}

/** The cases that a test has to compare. */
export function casesFor(suite: Suite, file: string): Case[] {
  return casesOf(file).filter((one) => {
    const fate = fateOf(file, one);
    return fate !== undefined && "suite" in fate && fate.suite === suite;
  });
}

export function nameOf(one: Case): string {
  const name = one.name ?? one.layer ?? one.loss ?? one.optimizer ?? one.schedule ?? one.fn ?? one.file;
  return `${name}${one.args === undefined ? "" : ` ${JSON.stringify(one.args).slice(0, 120)}`}`;
}

/** Undefined for a case that nobody has looked at. */
export function fateOf(file: string, one: Case): Fate | undefined {
  const name: string = one.name ?? one.layer ?? one.loss ?? one.optimizer ?? one.schedule ?? one.fn ?? "";
  return fates[file]?.find(([pattern, when]) => pattern.test(name) && (when === undefined || when(one)))?.[2];
}

/** The first row that fits: what the name looks like, what else must hold, the fate. */
type Row = readonly [pattern: RegExp, when: ((one: Case) => boolean) | undefined, fate: Fate];
const row = (pattern: RegExp, fate: Fate, when?: (one: Case) => boolean): Row => [pattern, when, fate];
const compared = (suite: Suite, pattern: RegExp, when?: (one: Case) => boolean): Row => row(pattern, { suite }, when);
const lacking = (pattern: RegExp, word: string): Row => row(pattern, { later: word });
const none = (pattern: RegExp, why: string, word?: string): Row =>
  row(pattern, word === undefined ? { why } : { why, word });

const powerOfHann = "mel is of power, in Hann's window (librosa's defaults)";
const notOfSound = "not among the features of sound of the language";
const column = "a column of the table: `query(\u2026)` or whoever makes the table computes it";

/** Activations by Keras's names that the language has too. */
const activations = new Set(
  "relu sigmoid tanh softmax gelu elu selu silu swish mish leaky_relu relu6 softplus softsign hard_sigmoid exponential linear".split(
    " ",
  ),
);

/** Settings of mel that librosa has and the language has not. */
const otherMel = (one: Case): boolean => {
  const args = one.args?.of ?? one.args ?? {};
  return (args.power ?? 2) !== 2 || args.window !== undefined;
};

const fates: { readonly [file: string]: readonly Row[] } = {
  "peer_fixtures/audio": [
    none(/^signal$/, "what the others are computed of"),
    compared("audio", /^(rfft|fft|stft)$/),
    compared("audio", /^(mel|melspectrogram|power_to_db)$/, (one) => !otherMel(one)),
    row(/^(mel|melspectrogram|power_to_db)$/, { why: powerOfHann }),
    compared("audio", /^mfcc$/, (one) => one.args.dct_type === 2 && one.args.norm === "ortho" && !one.args.lifter),
    none(/^mfcc$/, "MFCC are by the orthonormal transform of type 2 (librosa's default)"),
    compared("audio", /^dct$/, (one) => one.args.type === 2),
    none(/^dct$/, "the transform of MFCC is of type 2"),
    compared("audio", /^window$/, (one) => one.args.kind === "hann"),
    none(/^window$/, "features of sound have Hann's window (librosa's default)"),
    compared("audio", /^(hz_to_mel|mel_to_hz)$/),
    none(/^(rms|zcr|zero_crossing|spectral_|centroid|bandwidth|rolloff|flatness|chroma|pre)/, notOfSound),
    none(/^istft$/, "nothing is turned back into sound"),
    lacking(/^delta/, "delta"),
  ],
  "librosa_fixtures/melfb": [
    compared("audio", /^/, (one) => one.width === 1),
    none(/^/, "bands reach to the middle of their neighbours"),
  ],
  "librosa_fixtures/stft": [compared("audio", /^/)],
  "librosa_fixtures/scales": [
    compared("audio", /^(hz_to_mel|mel_to_hz)$/),
    none(/^hz_to_octs$/, "no feature of the language counts in octaves"),
  ],
  "librosa_fixtures/spectral": [none(/^/, notOfSound)],
  "peer_fixtures/image": [
    none(/^input/, "what the others are computed of"),
    compared("image", /^(to_gray|decode|rotate90)/),
    compared("image", /^resize$/, (one) => one.args.filter === "bilinear"),
    none(/^resize$/, "pictures are resized by the bilinear filter alone"),
    none(/^(to_)?(ycbcr|hsv|cmyk)/, "pictures are gray, or red, green and blue"),
    none(/^(rotate180|rotate270|flip|crop|pad)/, "changes of pictures are drawn, not fixed"),
  ],
  "peer_fixtures/keras_layers": [
    compared("layers", /^activation$/, (one) => activations.has(one.args.name) && one.args.approximate !== true),
    none(/^activation$/, "no activation of the language"),
    lacking(/^Conv3D$/, "conv3d"),
    lacking(/^SeparableConv2D/, "separable_conv2d"),
    lacking(/^DepthwiseConv2D/, "depthwise_conv2d"),
    lacking(/^MaxPooling3D/, "max_pooling3d"),
    lacking(/^AveragePooling3D/, "average_pooling3d"),
    lacking(/^GlobalMaxPooling3D/, "global_max_pooling3d"),
    lacking(/^GlobalAveragePooling3D/, "global_average_pooling3d"),
    lacking(/^ConvLSTM2D/, "conv_lstm2d"),
    lacking(/^MultiHeadAttention cross/, "cross_attention"),
    none(/^Conv[12]D.*groups/, "convolutions have no groups"),
    none(/^(Conv\dDTranspose|Conv\dD transpose)/, "no stage of the language enlarges a picture", "conv2d_transpose"),
    none(/^(SimpleRNN|RNN)/, "recurrent words are lstm and gru", "simple_rnn"),
    none(/^(GRU reset_after=False)/, "gru has Keras's own two biases"),
    none(/^(Bidirectional )?.*SimpleRNN/, "recurrent words are lstm and gru", "simple_rnn"),
    none(/^(AdditiveAttention|Attention)/, "attention is by heads, with projections", "additive_attention"),
    none(/^GroupNormalization/, "no word of the language", "group_normalization"),
    none(
      /^(UnitNormalization|SpectralNormalization|RMSNormalization)/,
      "no word of the language",
      "unit_normalization",
    ),
    none(
      /^(ZeroPadding|Cropping|UpSampling|RepeatVector|Softmax|ReLU|Dot)/,
      "no word of the language",
      "zero_padding2d",
    ),
    none(/^(Subtract|Minimum)/, "`difference` is without a sign", "subtract"),
    none(/^tf\.image/, "pictures are resized before the network, by Pillow's filter"),
    compared(
      "layers",
      /^(Dense|Embedding|Conv[12]D|(Global)?(Max|Average)Pooling[12]D|LSTM|GRU|Bidirectional|MultiHeadAttention|(Batch|Layer)Normalization|Multiply|Add|Average|Maximum|Concatenate|Flatten|Reshape|Permute)\b/,
    ),
  ],
  "peer_fixtures/keras_losses": [
    compared(
      "losses",
      /^(categorical_crossentropy|binary_crossentropy|binary_focal|categorical_focal|mse|mae|huber|logcosh|log_cosh)$/,
    ),
    compared("losses", /^sparse_categorical_crossentropy$/),
    none(
      /^(poisson|mape|msle|hinge|squared_hinge|categorical_hinge|kld|kl_divergence|cosine.*|tversky|dice)$/,
      "no loss of the language",
      "poisson",
    ),
  ],
  "peer_fixtures/keras_optimizers": [
    none(/^Adam amsgrad/, "adam has no amsgrad"),
    compared("optimizers", /^(SGD|Adam|AdamW|RMSprop)\b/),
    lacking(/^Adamax/, "adamax"),
    lacking(/^Adagrad/, "adagrad"),
    lacking(/^Adadelta/, "adadelta"),
    lacking(/^Nadam/, "nadam"),
    lacking(/^Lion/, "lion"),
    lacking(/^Adafactor/, "adafactor"),
    none(/^(Ftrl|Lamb|Muon|LossScale)/, "no optimizer of the language", "ftrl"),
    compared("optimizers", /^CosineDecay warmup/),
    compared("optimizers", /^(CosineDecay|ExponentialDecay)\(/),
    none(/^ExponentialDecay staircase/, "exponential is smooth"),
    none(/^CosineDecayRestarts/, "`restarts` of cosine is not in this version yet"),
    lacking(/^PiecewiseConstant/, "step"),
    none(/^(InverseTimeDecay|PolynomialDecay)/, "no schedule of the language", "polynomial"),
  ],
  "peer_fixtures/keras_preprocess": [
    none(/^pad_sequences float/, "what is padded are ids"),
    compared("numbers", /^pad_sequences$/, (one) => (one.args.padding ?? "pre") === (one.args.truncating ?? "pre")),
    none(/^pad_sequences$/, "`pad` says where padding goes and where is cut"),
    none(
      /^TextVectorization/,
      "words are split as Keras's Tokenizer does: 13.1 is two words, not 131; ties keep their order",
    ),
    compared("numbers", /^Normalization$/),
    none(
      /^(StringLookup|IntegerLookup|CategoryEncoding|Hashing|Discretization)/,
      "categories are one-hot, classes are numbers",
    ),
    compared("numbers", /^tf\.signal\.mfccs_from_log_mel/),
    none(/^tf\.signal/, "features of sound are librosa's, not those of tf.signal"),
  ],
  "peer_fixtures/metrics": [
    none(/^(f1|precision|recall)_per_class$/, "metrics are one number; `confusion` has the classes"),
    none(/^hamming/, "1 - accuracy of a single class"),
    none(/^multilabel_(hamming|jaccard)/, "no metric of the language", "jaccard"),
    none(/^(multilabel_)?jaccard/, "no metric of the language", "jaccard"),
    none(/^(multilabel_)?fbeta/, "no metric of the language", "fbeta"),
    none(/^roc_auc_one_class$/, "has no input; metrics.test.ts has one of its own"),
    none(/^r2_constant_target$/, "has no input; metrics.test.ts has one of its own"),
    none(/^roc_auc_ovo/, "one class against the rest, not against each other"),
    none(/^(roc|pr|det|calibration)_curve$/, "metrics are one number"),
    none(
      /^(median_ae|max_error|msle|rmsle|d2_.*|mean_.*deviance|poisson_deviance|gamma_deviance)$/,
      "no metric of the language",
      "max_error",
    ),
    none(/^top[2-9]/, "no metric of the language", "top_k"),
    none(
      /^(ndcg|dcg|mrr|map_at|hinge|zero_one|coverage|ranking|lrap|label_ranking)/,
      "no metric of the language",
      "ndcg",
    ),
    lacking(/^spearman/, "spearman"),
    lacking(/^kendall/, "kendall"),
    compared("metrics", /^(pinball)/),
    compared(
      "metrics",
      /^(accuracy|top1_accuracy|balanced_accuracy|mcc|cohen_kappa|confusion|roc_auc|average_precision|log_loss|brier|mse|rmse|mae|mape|smape|r2|explained_variance|pearson|(multilabel_)?(precision|recall|f1)_)/,
    ),
  ],
  "peer_fixtures/tabular": [
    compared("numbers", /^(StandardScaler|MinMaxScaler|RobustScaler|QuantileTransformer.*normal)/),
    compared("numbers", /^SimpleImputer (mean|median|most_frequent)/),
    compared("numbers", /^OrdinalEncoder/),
    none(/^OneHotEncoder/, "categories have one more place, for those that training rows do not have"),
    compared("numbers", /^class_weight balanced$/),
    none(/^SimpleImputer/, "a constant is written in the spec"),
    none(/^(MaxAbsScaler|PowerTransformer|QuantileTransformer|Normalizer)/, "no `normalize` of the language"),
    none(
      /^(PolynomialFeatures|KBinsDiscretizer|PCA|KNNImputer|IterativeImputer|TargetEncoder|LabelBinarizer)/,
      "no word of the language",
      "pca",
    ),
    lacking(/^(KFold|StratifiedKFold|GroupKFold|StratifiedGroupKFold)/, "folds"),
    lacking(/^TimeSeriesSplit/, "folds"),
    lacking(/^LeaveOneGroupOut/, "leave_one_group_out"),
  ],
  "peer_fixtures/text_sklearn": [
    none(/^hashing/, "a vocabulary is fitted, not hashed"),
    none(
      /^(count|tfidf)$/,
      "words of one letter count, and apostrophes stay (Keras's Tokenizer); sklearn-reference.json.gz has tf-idf on our words",
    ),
  ],
  "peer_fixtures/timeseries_pandas": [none(/^/, column)],
  "peer_fixtures/tokenizers_hf": [
    lacking(/^(BPE|byte)/i, "bpe"),
    lacking(/^WordPiece/, "wordpiece"),
    none(/^WordLevel/, "words are split as Keras's Tokenizer does"),
  ],
  "peer_fixtures/keras_train_multimodal": [none(/^/, "train/keras-reference.json.gz is a training of the same kind")],
};
