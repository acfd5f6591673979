/** Phrases, near words and other libraries' words. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { foreignWord, foreignWords } from "../../diagnostics/foreign.ts";
import { distance, near, nearHelp, oneNear } from "../../diagnostics/near.ts";
import { code, count, cut, list, number, path, share, size, tick, time } from "../../diagnostics/phrase.ts";

describe("phrases", () => {
  test("counts and numbers", () => {
    expect([0, 1, 2, 2430].map((n) => count(n, "row"))).toEqual(["no rows", "1 row", "2 rows", "2,430 rows"]);
    expect(count(2, "class")).toBe("2 classes");
    expect([1081665, 0.25, -1, 1e21, 1234567.5].map(number)).toEqual([
      "1,081,665",
      "0.25",
      "-1",
      "1e+21",
      "1,234,567.5",
    ]);
  });
  test("shares never round to nothing or all", () => {
    expect([0.014, 0.7, 1, 0, 0.00001, 0.99999].map(share)).toEqual([
      "1.4 %",
      "70 %",
      "100 %",
      "0 %",
      "under 0.1 %",
      "over 99.9 %",
    ]);
  });
  test("sizes and times", () => {
    expect([1, 812, 12_000, 4_100_000, 274e6, 1.2e9, 999_999].map(size)).toEqual([
      "1 byte",
      "812 bytes",
      "12 kB",
      "4.1 MB",
      "274 MB",
      "1.2 GB",
      "1 MB",
    ]);
    expect([0.0056, 0.017, 0.9, 9.8, 200, 60, 7500, 7200].map(time)).toEqual([
      "5.6 ms",
      "17 ms",
      "0.9 s",
      "9.8 s",
      "3 min 20 s",
      "1 min",
      "2 h 5 min",
      "2 h",
    ]);
  });
  test("marks", () => {
    expect(tick("a".repeat(60))).toBe(`\`${"a".repeat(39)}…\``);
    expect(code("a".repeat(60))).toBe(`\`${"a".repeat(60)}\``);
    expect(tick("`")).toBe('"`"');
    expect(cut("a\n   b\u202e\0")).toBe("a bU+202EU+0000");
    expect(Array.from(cut("信".repeat(41)))).toHaveLength(40);
    expect(path("my data/a.csv")).toBe('"my data/a.csv"');
    expect(list(["A", "B", "C"], "or")).toBe("A, B or C");
  });
});

describe("near words", () => {
  test("one: a slip, a swap, another case", () => {
    expect(near("patiance", ["patience", "monitor"])).toEqual({ kind: "one", word: "patience", distance: 1 });
    expect(near("imgae", ["image", "text"])).toEqual({ kind: "one", word: "image", distance: 1 });
    expect(near("LSTM", ["lstm"])).toEqual({ kind: "one", word: "lstm", distance: 0 });
    expect(near("MaxPooling2D", ["max_pooling1d", "max_pooling2d"])).toEqual({
      kind: "one",
      word: "max_pooling2d",
      distance: 0,
    });
    expect(near("文木分类", ["文本分类"])).toEqual({ kind: "one", word: "文本分类", distance: 1 });
  });
  test("one edit is certain, two are not", () => {
    expect(oneNear(near("lstn", ["lstm"]))).toBe(true);
    expect(oneNear(near("max_poling2", ["max_pooling2d"]))).toBe(false);
    expect(near("max_poling2", ["max_pooling2d"])).toMatchObject({ kind: "one", distance: 2 });
  });
  test("one edit of three letters is not certain, another case is", () => {
    const found = near("acc", ["mcc", "f1"]);
    expect(found).toEqual({ kind: "one", word: "mcc", distance: 1, short: true });
    expect(oneNear(found)).toBe(false);
    expect(oneNear(near("MCC", ["mcc"]))).toBe(true);
  });
  test("few", () => {
    const found = near("conv4d", ["conv1d", "conv2d", "conv3d", "dense"]);
    expect(found).toEqual({ kind: "few", words: ["conv1d", "conv2d", "conv3d"] });
    expect(nearHelp(found)).toBe("did you mean `conv1d`, `conv2d` or `conv3d`?");
  });
  test("nonsense is near nothing", () => {
    for (const text of ["xyzzy", "", "x", "qq", "___", "🙂🙂🙂", "ab".repeat(500)]) {
      expect(near(text, ["lstm", "gru", "dense", "add"]).kind, text).toBe("none");
    }
  });
  test("help without a near word: all to eight, else five and where all stand", () => {
    const many = ["a1", "b2", "c3", "d4", "e5", "f6", "g7", "h8", "i9"];
    expect(nearHelp(near("xyzzy", many.slice(0, 8)))).toBe("it has `a1`, `b2`, `c3`, `d4`, `e5`, `f6`, `g7` and `h8`");
    expect(nearHelp(near("xyzzy", many, { role: "fusion" }))).toBe(
      "it has `a1`, `b2`, `c3`, `d4`, `e5` and more: `mmfc words --role fusion`",
    );
    expect(nearHelp(near("xyzzy", many))).toBe("it has `a1`, `b2`, `c3`, `d4`, `e5` and 4 more");
    expect(nearHelp(near("xyzzy", []))).toBeUndefined();
  });
  test("distance is symmetric, zero for itself, and its bound only cuts", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), fc.nat(12), (a, b, limit) => {
        const d = distance(a, b);
        expect(distance(b, a)).toBe(d);
        expect(distance(a, a)).toBe(0);
        expect(Math.min(distance(a, b, limit), limit + 1)).toBe(Math.min(d, limit + 1));
      }),
    );
  });
});

describe("words of other libraries", () => {
  /** Section 3 of the catalogue: word, sign, what it becomes. */
  const table: [string, "=" | "~", string][] = [
    ["MaxPool2D", "=", "max_pooling2d"],
    ["AvgPool2D", "=", "average_pooling2d"],
    ["GlobalMaxPool1D", "=", "global_max_pooling1d"],
    ["GlobalAvgPool2D", "=", "global_average_pooling2d"],
    ["concat", "=", "concatenate"],
    ["TimeDistributed", "~", "each"],
    ["MultiHeadAttention", "~", "self_attention"],
    ["Subtract", "~", "difference"],
    ["Dot", "~", "similarity"],
    ["RepeatVector", "~", "broadcast: true"],
    ["ZeroPadding2D", "~", "padding: same"],
    ["Input", "~", "modality"],
    ["TextVectorization", "~", "text"],
    ["Rescaling", "~", "rescale:"],
    ["RandomFlip", "~", "augment: [flip(…)]"],
    ["sparse_categorical_crossentropy", "=", "categorical_crossentropy"],
    ["AUC", "=", "roc_auc"],
    ["mean_squared_error", "=", "mse"],
    ["EarlyStopping", "~", "stop: early_stopping(…)"],
    ["CosineDecay", "~", "cosine"],
    ["validation_split", "~", "split:"],
    ["callbacks", "~", "stop:"],
    ["Linear", "~", "dense"],
    ["Conv1d", "~", "conv1d"],
    ["Conv2d", "~", "conv2d"],
    ["BatchNorm1d", "~", "batch_normalization"],
    ["nn.BatchNorm2d", "~", "batch_normalization"],
    ["LayerNorm", "~", "layer_normalization"],
    ["MaxPool2d", "=", "max_pooling2d"],
    ["AdaptiveAvgPool2d", "~", "global_average_pooling2d"],
    ["TransformerEncoder", "~", "transformer"],
    ["cat", "=", "concatenate"],
    ["unsqueeze", "~", "add_channel"],
    ["view", "~", "reshape"],
    ["transpose", "~", "permute"],
    ["CrossEntropyLoss", "=", "categorical_crossentropy"],
    ["BCELoss", "=", "binary_crossentropy"],
    ["BCEWithLogitsLoss", "=", "binary_crossentropy"],
    ["L1Loss", "=", "mae"],
    ["SmoothL1Loss", "=", "huber"],
    ["KLDivLoss", "=", "kl"],
    ["CosineAnnealingLR", "~", "cosine"],
    ["StepLR", "~", "step"],
    ["stride", "=", "strides"],
    ["dilation", "=", "dilation_rate"],
    ["bias", "=", "use_bias"],
    ["nhead", "=", "heads"],
    ["num_heads", "=", "heads"],
    ["num_layers", "~", "layers"],
    ["DataLoader", "~", "data"],
    ["input_features", "~", "modality"],
    ["combiner", "~", "fusion"],
    ["trainer", "=", "train"],
    ["number", "~", "tabular"],
    ["category", "~", "tabular"],
    ["timeseries", "=", "series"],
    ["bag", "~", "multilabel"],
    ["set", "~", "multilabel"],
    ["parallel_cnn", "~", "text_cnn"],
    ["stacked_cnn", "~", "conv2d"],
    ["fc_layers", "~", "dense"],
    ["tied", "~", "shared block"],
    ["missing_value_strategy", "~", "impute:"],
    ["early_stop", "~", "stop:"],
    ["validation_metric", "~", "monitor:"],
    ["StandardScaler", "=", "standard"],
    ["MinMaxScaler", "=", "minmax"],
    ["RobustScaler", "=", "robust"],
    ["QuantileTransformer", "=", "quantile"],
    ["SimpleImputer", "~", "impute:"],
    ["OneHotEncoder", "~", "categorical:"],
    ["TfidfVectorizer", "~", "output: tf_idf"],
    ["CountVectorizer", "~", "output: count"],
    ["train_test_split", "~", "random"],
    ["ShuffleSplit", "~", "random"],
    ["KFold", "~", "folds"],
    ["GroupKFold", "~", "by_group"],
    ["LeaveOneGroupOut", "=", "leave_one_group_out"],
    ["TimeSeriesSplit", "~", "by_time"],
    ["random_state", "=", "seed"],
    ["LogisticRegression", "~", "logistic"],
    ["Ridge", "~", "ridge"],
    ["DummyClassifier", "~", "majority"],
    ["DummyRegressor", "~", "mean"],
    ["StackingClassifier", "~", "stacking"],
    ["VotingClassifier", "~", "vote"],
    ["matthews_corrcoef", "=", "mcc"],
    ["cohen_kappa_score", "=", "kappa"],
    ["average_precision_score", "=", "pr_auc"],
    ["mean_absolute_error", "=", "mae"],
    ["root_mean_squared_error", "=", "rmse"],
    ["brier_score_loss", "=", "brier"],
    ["f1_macro", "~", "f1(macro)"],
    ["fc", "~", "dense"],
    ["rnn", "~", "lstm"],
    ["cnn", "~", "conv2d"],
    ["attn", "~", "attention"],
    ["bn", "=", "batch_normalization"],
    ["mean", "=", "average"],
    ["sum", "=", "add"],
    ["max", "=", "maximum"],
    ["bce", "=", "binary_crossentropy"],
    ["bs", "=", "batch_size"],
    ["batch", "=", "batch_size"],
    ["n_epochs", "=", "epochs"],
    ["num_epochs", "=", "epochs"],
    ["img", "=", "image"],
    ["photo", "=", "image"],
    ["wav", "=", "audio"],
    ["numbers", "=", "tabular"],
    ["classification", "~", "multiclass"],
    ["label", "~", "target"],
    ["output", "~", "target"],
    ["layer", "~", "encoder"],
    ["import", "=", "use"],
    ["include", "=", "use"],
    ["dataset", "=", "data"],
    ["Dataset", "~", "data"],
    ["training", "=", "train"],
    ["eval", "=", "evaluate"],
    ["batch_norm", "~", "batch_normalization"],
    ["torch.nn.Linear", "~", "dense"],
    ["keras.layers.MaxPool2D", "=", "max_pooling2d"],
  ];
  test.each(table)("%s %s %s", (text, sign, write) => {
    expect(foreignWord(text)).toMatchObject({ write, same: sign === "=" });
  });

  test("every word of the tables resolves", () => {
    expect(foreignWords.length).toBeGreaterThan(120);
    for (const word of foreignWords) {
      const found = foreignWord(word);
      // `brier` and `step` are our own words, too; only another spelling of them is foreign.
      if (word !== "brier") expect(found, word).toBeDefined();
      expect(found?.says ?? "`x`", word).toMatch(/`|argument|parameters/);
    }
  });

  test("the first argument is said, not called a word", () => {
    for (const word of ["lr", "learning_rate"]) {
      expect(foreignWord(word)).toMatchObject({ same: false, says: "as the optimizer's first argument" });
    }
    // in a section there is no such word, in an optimizer there is
    expect(foreignWord("lr", ["epochs"])).toMatchObject({ same: false, words: [] });
    expect(foreignWord("lr", ["learning_rate"])).toMatchObject({ same: true, write: "learning_rate" });
    expect(foreignWord("hidden_size")?.says).toBe("as the first argument");
  });

  test("the place decides", () => {
    expect(foreignWord("number", ["binary", "regression"])).toMatchObject({
      write: "regression",
      words: ["regression"],
    });
    expect(foreignWord("number", ["text", "tabular"])).toMatchObject({ write: "tabular" });
    expect(foreignWord("attn")?.says).toBe("`attention` or `self_attention`");
    expect(foreignWord("attn", ["self_attention", "lstm"])?.says).toBe("`self_attention`");
    expect(foreignWord("concat", ["text", "image"])).toBeUndefined();
    expect(foreignWord("view", ["text", "image"])).toBeUndefined();
    expect(foreignWord("Input", ["lstm", "dense"])).toMatchObject({ write: "modality", same: false });
    expect(foreignWord("lr", ["epochs", "seed"])).toMatchObject({ words: [] });
    expect(foreignWord("dataset", ["data", "train"])).toMatchObject({ write: "data", same: true });
  });

  test("our own words in another dress", () => {
    expect(foreignWord("nn.LSTM", ["lstm", "gru"])).toMatchObject({ write: "lstm", same: true });
    expect(foreignWord("HuberLoss", ["huber", "mse"])).toMatchObject({ write: "huber", same: true });
    expect(foreignWord("layers.MaxPooling2D", ["max_pooling2d"])).toMatchObject({ write: "max_pooling2d" });
    expect(foreignWord("accuracy_score", ["accuracy"])).toMatchObject({ write: "accuracy" });
    expect(foreignWord("lstm", ["lstm"])).toBeUndefined();
  });

  test("nonsense is no word of any library", () => {
    for (const text of ["", "xyzzy", "Loss", "LR", "_", ".", "constructor", "__proto__"]) {
      const found = foreignWord(text, ["lstm", "dense"]);
      if (text !== "LR") expect(found, text).toBeUndefined();
    }
  });
});
