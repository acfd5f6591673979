/**
 * A small spec for every word of the registry that computes on the engine, made of the registry's own examples, and one
 * more for each setting of it that is not the default. A word without a case is named by `wordsWithoutCase`.
 */
import type { Entry, Param } from "../../../compiler/registry/define.ts";
import {
  allEntries,
  fusions,
  lateFusions,
  losses,
  modalities,
  ops,
  wordsOf,
} from "../../../compiler/registry/index.ts";
import { combinations, examples } from "../../compiler/emit/typescript/examples.ts";

export interface WordCase {
  /** `conv1d`, `conv1d padding: causal`, `loss focal of multilabel`. */
  readonly name: string;
  /** The registry's words that it is a case of, `ROLE WORD`. */
  readonly of: readonly string[];
  readonly text: string;
  /** The word with another setting; the word itself has a case besides. */
  readonly setting?: true;
}

/** Roles whose words never meet the engine: what they do is plain JavaScript before or after it. */
const offTheEngine: { readonly [role: string]: string } = {
  augment: "changes values before they become tensors",
  sound: "features are computed before they become tensors",
  metric: "judges numbers that were read back",
  baseline: "constants, or the same model on fewer inputs",
  split: "parts the rows",
  source: "reads the rows",
  stop: "compares numbers of the epochs",
};

/**
 * Plain gradient descent: an optimizer that divides by the gradient's size makes a step of what is only rounding where the
 * gradient is 0. Its rate is small enough that none of the examples runs away within ten steps.
 */
const train = "train { optimizer: sgd(0.01), batch_size: 4, epochs: 1 }";
/** A spec with its training, and with few filters over its pictures: plain JavaScript has to do it, too. */
const inModel = (text: string): string =>
  text.replace(/\n}\n*$/, `\n  ${train}\n}\n`).replaceAll(/conv2d\((32|16|8),/g, "conv2d(4,");

/** Other values than the default, as written; none where the example has to say it. */
function otherValues({ kind, default: value, later, required }: Param): string[] {
  if (later || required) return [];
  switch (kind.is) {
    case "boolean":
      return [String(value !== true)];
    case "choice":
      return kind.of.filter((one) => one !== value);
    case "share":
      return ["0.3"];
    case "int":
      return [String((typeof value === "number" ? value : 2) + 1)];
    case "size":
      return [new Array(kind.rank).fill(String((Array.isArray(value) ? Number(value[0]) : 2) + 1)).join("x")];
    case "number":
      if (kind.below === 1) return ["0.7"];
      return typeof value === "number" ? [String(value * 3)] : [];
    default:
      return [];
  }
}

/** The text with a setting of its word, `name: value`, in place of one given by position; undefined where it is named. */
function withSetting(text: string, entry: Entry, name: string, value: string): string | undefined {
  const found = new RegExp(`(?:->|=|\\() *${entry.name}\\b(\\()?`).exec(text);
  if (found === null) return undefined;
  const end = found.index + found[0].length;
  if (found[1] === undefined) return `${text.slice(0, end)}(${name}: ${value})${text.slice(end)}`;
  const given = argumentsAt(text, end);
  const length = given.join(",").length;
  if (given.some((one) => one.trim().startsWith(`${name}:`))) return undefined;
  const place = Object.keys(entry.params).indexOf(name);
  const byPosition = given.filter((one) => !/^\s*\w+:/.test(one)).length;
  const changed =
    place < Math.min(byPosition, entry.positional ?? 0)
      ? given.with(place, ` ${value}`)
      : [...given, ` ${name}: ${value}`];
  return `${text.slice(0, end)}${changed.join(",").trim()}${text.slice(end + length)}`;
}

/** What stands between the parentheses that opened before `start`, at its commas. */
function argumentsAt(text: string, start: number): string[] {
  const given: string[] = [];
  let depth = 0;
  for (let at = start, from = start; ; at++) {
    if (depth === 0 && (text[at] === "," || text[at] === ")")) {
      given.push(text.slice(from, at));
      from = at + 1;
      if (text[at] === ")") return given;
    }
    depth += text[at] === "(" ? 1 : text[at] === ")" ? -1 : 0;
  }
}

/** Examples of ops and fusions, and each of their settings. */
function stageCases(): WordCase[] {
  const entryOf = (name: string): Entry => {
    if (name.startsWith("fusion ")) return fusions.get(name.slice(7))!;
    if (name.startsWith("late ")) return lateFusions.get(name.slice(5))!;
    return ops.get(name)!;
  };
  return examples().flatMap(({ entry: name, text }) => {
    const entry = entryOf(name);
    const of = [`${entry.role} ${entry.name}`];
    const settings = Object.entries(entry.params).flatMap(([param, about]) => {
      // Activations are words of their own; one layer shows that all of them work inside a layer.
      if (param === "activation" && entry.name !== "dense") return [];
      return otherValues(about).flatMap((value) => {
        const written = withSetting(text, entry, param, value);
        return written === undefined
          ? []
          : [{ name: `${name} ${param}: ${value}`, of, text: inModel(written), setting: true as const }];
      });
    });
    return [{ name, of, text: inModel(text) }, ...settings];
  });
}

const all = `model Example {
  data { source: "table.csv", media: "media/", split: random }
  modality report: text { column: "report", tokens: 6, vocabulary: 20 }
  modality chart: image { file: "{id}.png", size: 8x8 }
  modality sound: audio? { file: "{id}.wav", rate: 8kHz, length: 300ms, features: mel(bands: 5) }
  modality table: tabular { numeric: ["a", "b"], categorical: ["c"] }
  modality past: vector? { columns: ["p1", "p2", "p3"] }
  TARGET
  encoder words = report -> embedding(6) -> gru(6)
  encoder seen = chart -> conv2d(4, 3x3, relu) -> global_average_pooling2d PROPERTIES
  encoder heard = sound -> conv1d(4, 3, relu) -> global_max_pooling1d
  encoder known = table -> dense(4, tanh)
  encoder was = past -> dense(4, tanh)
  fusion joint: mid = gated(words, seen, heard, known, was, dim: 6)
  HEADS
  TRAIN
}
`;

const targetsByKind: { readonly [kind: string]: string } = {
  binary: 'target label: binary { column: "label" }',
  multiclass: 'target label: multiclass { column: "label" }',
  multilabel: 'target label: multilabel { columns: ["l1", "l2", "l3"] }',
  regression: 'target label: regression { columns: ["y1", "y2"] }',
};

interface Parts {
  readonly target?: string;
  readonly properties?: string;
  readonly heads?: string;
  readonly train?: string;
}

const model = ({ target = targetsByKind.multiclass!, properties = "", heads, train: written = train }: Parts): string =>
  all
    .replace("TARGET", target)
    .replace("PROPERTIES", properties)
    .replace("HEADS", heads ?? "head guess: label = joint")
    .replace("TRAIN", written);

function lossCases(): WordCase[] {
  return built(losses.values()).flatMap((loss) => {
    const settings = Object.entries(loss.params).flatMap(([param, about]) =>
      // A setting without a default is a share here (`alpha`).
      (about.default === undefined ? ["0.3"] : otherValues(about)).map((value) => `${loss.name}(${param}: ${value})`),
    );
    return loss.for.flatMap((target) =>
      [loss.name, ...settings].map((call) => ({
        name: `loss ${call} of ${target}`,
        of: [`loss ${loss.name}`, `target ${target}`],
        text: model({
          target: targetsByKind[target]!,
          heads: `head guess: label = joint { loss: ${call} }`,
        }),
        ...(call === loss.name ? {} : { setting: true as const }),
      })),
    );
  });
}

/** Optimizers, schedules, clipping: their example, and every setting that is a number or a flag. */
function trainCases(): WordCase[] {
  return (["optimizer", "schedule", "clip"] as const).flatMap((role) =>
    built(wordsOf([role]).values()).flatMap((entry) => {
      const example = /^\w+: (.*)$/.exec(entry.example ?? "")?.[1];
      if (example === undefined) throw new Error(`The ${role} \`${entry.name}\` of the registry has no example.`);
      const plain = `${entry.name}${requiredOf(entry, example)}`;
      const settings = Object.entries(entry.params).flatMap(([param, about]) =>
        otherValues(about).flatMap((value) => {
          const written = withSetting(`= ${plain}`, entry, param, value);
          return written === undefined ? [] : [written.slice(2)];
        }),
      );
      return [...new Set([example, plain, ...settings])].map((call) => ({
        name: `${role} ${call}`,
        of: [`${role} ${entry.name}`],
        text: model({
          train:
            role === "optimizer"
              ? `train { optimizer: ${call}, batch_size: 4, epochs: 1 }`
              : train.replace("batch_size", `${role}: ${call}, batch_size`),
        }),
        ...(call === example || call === plain ? {} : { setting: true as const }),
      }));
    }),
  );
}

/** The arguments that an entry cannot do without, as its example has them. */
function requiredOf(entry: Entry, example: string): string {
  return Object.values(entry.params).some((param) => param.required) ? example.slice(entry.name.length) : "";
}

/** Properties of statements that change a training step. */
const propertyCases: readonly WordCase[] = [
  { name: "frozen", of: [], text: model({ properties: "{ frozen: true }" }) },
  { name: "learning_rate of an encoder", of: [], text: model({ properties: "{ learning_rate: 0.2 }" }) },
  {
    name: "class_weight",
    of: [],
    text: model({ target: 'target label: multiclass { column: "label", class_weight: balanced }' }),
  },
  {
    name: "a target that may be unknown",
    of: [],
    text: model({ target: 'target label: multiclass? { column: "l" }' }),
  },
  {
    name: "two heads with weights, one auxiliary",
    of: [],
    text: model({
      target: `${targetsByKind.multiclass}\n  target price: regression? { column: "price" }`,
      heads:
        "head guess: label = joint { loss_weight: 0.7 }\n  head cost: price = words { auxiliary: true, loss: huber, loss_weight: 0.4 }",
    }),
  },
  {
    name: "a head on a modality that may be absent",
    of: [],
    text: model({ heads: "head guess: label = joint\n  head heard_alone: label = heard { auxiliary: true }" }),
  },
];

const built = <E extends Entry>(entries: Iterable<E>): E[] => [...entries].filter((entry) => !entry.later);

export function wordCases(): WordCase[] {
  return [
    ...stageCases(),
    ...combinations.map(({ entry, text }) => ({ name: entry, of: [], text: inModel(text) })),
    ...lossCases(),
    ...trainCases(),
    ...propertyCases,
    ...built(modalities.values()).map((entry) => ({
      name: `modality ${entry.name}`,
      of: [`modality ${entry.name}`],
      text: model({}),
    })),
  ];
}

/** Words of the registry that no case uses, each as a sentence that says what to add. */
export function wordsWithoutCase(cases: readonly WordCase[]): string[] {
  const covered = new Set(cases.flatMap(({ of, text }) => of.filter((word) => text.includes(word.split(" ")[1]!))));
  return built(allEntries())
    .filter((entry) => offTheEngine[entry.role] === undefined && !covered.has(`${entry.role} ${entry.name}`))
    .map(
      (entry) =>
        `The ${entry.role} \`${entry.name}\` has no case: give its registry entry an \`example\`, or add a spec that uses it to test/runtime/engine/word-cases.ts.`,
    );
}
