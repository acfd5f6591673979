/**
 * Words of other libraries and what they are called here (Keras, PyTorch, Ludwig, scikit-learn, plain words). Pure data and
 * its lookup; which words are legal at a place is the caller's knowledge.
 */
import { codes } from "./phrase.ts";

export interface ForeignWord {
  /** The word to write, or what stands for it (`stop: early_stopping(…)`, "the optimizer's first argument"). */
  readonly write: string;
  /** True: the same arguments, so replacing the word is a certain fix. False: the arguments change, an offer. */
  readonly same: boolean;
  /** `write` as a sentence prints it, with its marks: "`self_attention` or `cross_attention`". */
  readonly says: string;
  /** The bare words among which the place decides; empty where the answer is no word alone. */
  readonly words: readonly string[];
}

/**
 * One library's words, a line each: other names, `=` (same arguments) or `~` (they change), our words separated by `|`.
 * What is no word alone: `'…'` is code, `"…"` is prose.
 */
const tables: Readonly<Record<string, string>> = {
  keras: `
    MaxPool1D MaxPool2D MaxPool3D = max_pooling#d
    AvgPool1D AvgPool2D AvgPool3D = average_pooling#d
    GlobalMaxPool1D GlobalMaxPool2D GlobalMaxPool3D = global_max_pooling#d
    GlobalAvgPool1D GlobalAvgPool2D GlobalAvgPool3D = global_average_pooling#d
    MaxPool = max_pooling2d | max_pooling1d
    AvgPool = average_pooling2d | average_pooling1d
    GlobalMaxPool = global_max_pooling2d | global_max_pooling1d
    GlobalAvgPool = global_average_pooling2d | global_average_pooling1d
    concat = concatenate
    TimeDistributed ~ each
    MultiHeadAttention ~ self_attention | cross_attention
    Subtract ~ difference
    Dot ~ similarity
    Activation ~ "as the activation itself, like \`relu\`,"
    RepeatVector ~ 'broadcast: true'
    ZeroPadding1D ZeroPadding2D ZeroPadding3D ~ 'padding: same'
    Input ~ modality
    TextVectorization ~ text
    Rescaling ~ 'rescale:'
    RandomFlip ~ 'augment: [flip(…)]'
    sparse_categorical_crossentropy = categorical_crossentropy
    AUC = roc_auc
    mean_squared_error = mse
    EarlyStopping ~ 'stop: early_stopping(…)'
    CosineDecay ~ cosine
    validation_split ~ 'split:'
    callbacks ~ 'stop:'`,
  pytorch: `
    Linear ~ dense
    Conv1d ~ conv1d
    Conv2d ~ conv2d
    BatchNorm1d BatchNorm2d BatchNorm ~ batch_normalization
    LayerNorm ~ layer_normalization
    AdaptiveAvgPool1d AdaptiveAvgPool2d ~ global_average_pooling#d
    TransformerEncoder ~ transformer
    cat = concatenate
    unsqueeze ~ add_channel
    view ~ reshape
    transpose ~ permute
    CrossEntropy = categorical_crossentropy
    BCE BCEWithLogits = binary_crossentropy
    L1 = mae
    SmoothL1 = huber
    KLDiv = kl
    CosineAnnealing ~ cosine
    Step ~ step
    stride = strides
    dilation = dilation_rate
    bias = use_bias
    nhead num_heads = heads
    num_layers ~ layers | repeat
    hidden_size out_features ~ "as the first argument"
    lr = "as the optimizer's first argument" | learning_rate
    out_channels = filters
    DataLoader Dataset ~ data`,
  ludwig: `
    input_features ~ modality
    output_features ~ "as \`target\` and \`head\`"
    combiner ~ fusion
    trainer = train
    preprocessing ~ "as the modality's parameters"
    number ~ tabular | regression
    category ~ tabular | multiclass
    timeseries = series
    bag set ~ multilabel
    parallel_cnn ~ text_cnn
    stacked_cnn ~ conv2d
    fc_layers ~ dense
    reduce_output ~ "as a pooling, like \`global_average_pooling1d\`,"
    tied ~ 'shared block'
    missing_value_strategy ~ 'impute:' | 'missing:'
    early_stop ~ 'stop:'
    validation_metric ~ 'monitor:'
    learning_rate ~ "as the optimizer's first argument"`,
  "scikit-learn": `
    StandardScaler = standard
    MinMaxScaler = minmax
    RobustScaler = robust
    QuantileTransformer = quantile
    SimpleImputer ~ 'impute:'
    OneHotEncoder ~ 'categorical:'
    TfidfVectorizer ~ 'output: tf_idf'
    CountVectorizer ~ 'output: count'
    train_test_split ShuffleSplit ~ random
    KFold ~ folds
    GroupKFold ~ by_group
    LeaveOneGroupOut = leave_one_group_out
    TimeSeriesSplit ~ by_time
    random_state = seed
    LogisticRegression ~ logistic
    Ridge ~ ridge
    DummyClassifier ~ majority
    DummyRegressor ~ mean
    StackingClassifier ~ stacking
    VotingClassifier ~ vote
    matthews_corrcoef = mcc
    cohen_kappa = kappa
    average_precision = pr_auc
    mean_absolute_error = mae
    root_mean_squared_error = rmse
    brier = brier
    f1_macro ~ 'f1(macro)'`,
  plain: `
    linear fc ~ dense
    rnn ~ lstm
    cnn ~ conv2d
    attn ~ attention | self_attention
    bn = batch_normalization
    mean = average
    sum = add
    max = maximum
    bce = binary_crossentropy
    auc auroc = roc_auc
    acc = accuracy
    prec ~ precision
    avg = average
    bs batch = batch_size
    num_epochs n_epochs = epochs
    img picture photo = image
    sound speech wav = audio
    table numbers = tabular
    classification ~ multiclass
    label output ~ target
    layer ~ encoder
    optional nullable ~ "as \`?\` behind the kind, like \`image?\`,"
    patience ~ 'stop: early_stopping(…)'
    import include = use
    dataset = data
    training = train
    eval = evaluate`,
};

/** Words that answer a foreign one wherever it stands: what it means is a statement, not a word of that place. */
const anywhere: readonly string[] = ["modality", "text", "target", "fusion", "encoder", "data"];

interface Answer {
  /** As written in the table: of two libraries' answers the one of this very spelling comes first. */
  readonly name: string;
  readonly same: boolean;
  /** In the order of the table; `word` is set where the answer is a word alone. */
  readonly parts: readonly { readonly write: string; readonly word: boolean; readonly prose: boolean }[];
}

const answers: ReadonlyMap<string, readonly Answer[]> = read();

/** All words of other libraries, as written there. */
export const foreignWords: readonly string[] = Object.values(tables).flatMap((table) =>
  lines(table).flatMap((line) => line.names),
);

/**
 * What a word of another library is called here. Compared without case, `_` and a prefix up to the last dot, and without
 * a last `Loss`, `LR`, `Layer` or `_score`.
 *
 * @param legal the words legal at the place. With it, words not legal there are no answer (but for those that start
 *   or classify a statement), and a legal word in another library's dress (`nn.LSTM`, `HuberLoss`) is found.
 */
export function foreignWord(text: string, legal?: Iterable<string>): ForeignWord | undefined {
  const allowed = legal === undefined ? undefined : [...legal];
  const forms = keysOf(text);
  if (allowed !== undefined) {
    // Case and `_` alone are no other library's dress: near.ts finds those.
    const own = allowed.filter((word) => forms.includes(squash(word)) && squash(word) !== squash(text));
    if (own.length === 1) return word(own[0] as string);
  }
  for (const form of forms) {
    const spelt = (answer: Answer): number => (text.endsWith(answer.name) ? 0 : 1);
    const known = [...(answers.get(form) ?? [])].sort((a, b) => spelt(a) - spelt(b));
    const found = known.map((answer) => narrow(answer, allowed)).find((f) => f !== undefined);
    if (found !== undefined && found.write !== text) return found;
  }
  return undefined;
}

function word(write: string): ForeignWord {
  return { write, same: true, says: codes([write]), words: [write] };
}

function narrow(answer: Answer, allowed: readonly string[] | undefined): ForeignWord | undefined {
  let parts = answer.parts;
  if (allowed !== undefined) {
    const here = parts.filter((part) => part.word && allowed.includes(part.write));
    if (here.length > 0) parts = here;
    else if (parts[0]?.prose === true) parts = parts.filter((part) => !part.word);
    else if (parts.every((part) => part.word && (answer.same || !anywhere.includes(part.write)))) return undefined;
  }
  const first = parts[0];
  if (first === undefined) return undefined;
  return {
    write: first.write,
    // Where the place still leaves a choice, replacing the word would be a guess.
    same: answer.same && parts.length === 1 && !first.prose,
    says: first.prose ? first.write : codes(parts.map((part) => part.write)),
    words: parts.filter((part) => part.word).map((part) => part.write),
  };
}

function squash(text: string): string {
  return text.normalize("NFC").toLowerCase().replaceAll("_", "");
}

/** The forms under which a word is looked up: as it is, then without a last `Loss`, `LR`, `Layer` or `_score`. */
function keysOf(text: string): string[] {
  let rest = text.slice(text.lastIndexOf(".") + 1);
  const forms: string[] = [];
  for (;;) {
    forms.push(squash(rest));
    // `brier_score_loss` loses two.
    const shorter = rest.replace(/(?<=.)(?:_?loss|_?lr|_?layer|_score)$/i, "");
    if (shorter === rest) return forms.filter((form) => form !== "");
    rest = shorter;
  }
}

function lines(table: string): { names: string[]; same: boolean; answer: string }[] {
  return table
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .map((line) => {
      const [, names = "", sign = "", answer = ""] = line.match(/^(.*?) ([=~]) (.*)$/) ?? [];
      return { names: names.split(" "), same: sign === "=", answer };
    });
}

function read(): Map<string, Answer[]> {
  const map = new Map<string, Answer[]>();
  for (const table of Object.values(tables)) {
    for (const { names, same, answer } of lines(table)) {
      for (const name of names) {
        // `#` in an answer is the digit of the name: MaxPool2D is max_pooling2d.
        const digit = name.match(/\d/)?.[0] ?? "";
        const parts = answer.split(" | ").map((part) => partOf(part.replace("#", digit)));
        const key = squash(name);
        map.set(key, [...(map.get(key) ?? []), { name, same, parts }]);
      }
    }
  }
  return map;
}

function partOf(text: string): Answer["parts"][number] {
  const inner = text.replace(/^['"]|['"]$/g, "");
  return { write: inner, word: inner === text, prose: text.startsWith('"') };
}
