/**
 * A small spec around the example of each op and fusion of the registry: the names that the examples use are there, and
 * what the example gives leads to a head.
 */
import type { Fusion, Op } from "../../../../compiler/registry/define.ts";
import { fusions, lateFusions, ops } from "../../../../compiler/registry/index.ts";

/** What examples read, each with the statement that defines it. */
const statements: { readonly [name: string]: string } = {
  report: 'modality report: text { column: "report", tokens: 12, vocabulary: 50 }',
  chart: 'modality chart: image { file: "{id}.png", size: 30x30 }',
  sound: 'modality sound: audio { file: "{id}.wav", rate: 8kHz, length: 1s, features: mel(bands: 16) }',
  name: 'modality name: text { column: "name", tokenizer: characters, tokens: 10 }',
  rooms: 'modality rooms: image { files: ["{id}_a.jpg", "{id}_b.jpg"], size: 16x16 }',
  table: 'modality table: tabular { numeric: ["a", "b"], categorical: ["c"] }',
  words: "encoder words = report -> embedding(64) -> lstm(64)",
  vision: "encoder vision = chart -> conv2d(8, 3x3, relu) -> global_average_pooling2d -> dense(64)",
  voice: "encoder voice = sound -> global_average_pooling1d -> dense(64)",
  left: "encoder left = chart -> global_average_pooling2d -> dense(32)",
  right: "encoder right = sound -> global_max_pooling1d -> dense(32)",
  asked: "encoder asked = report -> embedding(16) -> gru(32)",
  seen: "encoder seen = chart -> global_max_pooling2d -> dense(32)",
  facts: "encoder facts = table -> dense(32, relu)",
  notes: "encoder notes = rooms -> each(conv2d(4, 3x3) -> global_average_pooling2d)",
  tokens: "fusion tokens: early = sequence(report -> embedding(64), chart -> patches(15x15, dim: 64))",
  says: "head says: label = words",
  shows: "head shows: label = vision",
};

/** Statements for `names` and what these read, in order. */
function define(text: string, done: Map<string, string>): void {
  for (const [name, statement] of Object.entries(statements)) {
    if (done.has(name) || !new RegExp(`\\b${name}\\b`).test(text)) continue;
    if (!statement.startsWith("modality")) define(statement.slice(statement.indexOf(name) + name.length), done);
    done.set(name, statement);
  }
}

function spec(example: string, lines: readonly string[]): string {
  const done = new Map<string, string>();
  define(example, done);
  return [
    "model Example {",
    '  data { source: "table.csv", media: "media/", split: random }',
    ...[...done.values(), 'target label: multiclass { column: "label" }', ...lines].map((line) => `  ${line}`),
    "}",
    "",
  ].join("\n");
}

export interface Example {
  readonly entry: string;
  readonly text: string;
}

const built = <E extends Op | Fusion>(entries: Iterable<E>): E[] => [...entries].filter((entry) => !entry.later);

export function examples(): Example[] {
  const missing = (entry: Op | Fusion): never => {
    throw new Error(`${entry.name} has no example`);
  };
  return [
    ...built(ops.values()).map((op) => {
      const example = op.example ?? missing(op);
      return {
        entry: op.name,
        text: spec(example, [`encoder probe = ${example} -> flatten`, "head guess: label = probe"]),
      };
    }),
    ...built(fusions.values()).map((fusion) => {
      const example = fusion.example ?? missing(fusion);
      const name = /^fusion (\w+)/.exec(example)?.[1] ?? "joint";
      return {
        entry: `fusion ${fusion.name}`,
        text: spec(example.replace(/^fusion \w+/, ""), [
          example,
          `encoder probe = ${name} -> flatten`,
          "head guess: label = probe",
        ]),
      };
    }),
    ...built(lateFusions.values()).map((fusion) => {
      const example = fusion.example ?? missing(fusion);
      return {
        entry: `late ${fusion.name}`,
        text: spec(example, [example, "head guess: label = verdict"])
          .replace(/^ {2}target.*\n/m, "")
          .replace(/^( {2}(?:modality|encoder|head))/m, '  target label: multiclass { column: "label" }\n$1'),
      };
    }),
  ];
}

/** What no single example shows. */
export const combinations: readonly Example[] = [
  {
    entry: "a shared block, blocks in blocks, repetitions, an absent source, floors",
    text: `shared block tower(units) = conv2d(8, 3x3, relu) -> residual(conv2d(8, 3x3, padding: same) -> relu) -> global_average_pooling2d -> dense(units)
block unit(units) = dense(units, relu) -> layer_normalization
block units = unit(16) -> repeat(2, residual(unit(16) -> dropout(0.1))) -> dense(16)
model Example {
  data { source: "table.csv", split: random }
  modality front: image { file: "{id}_front.png", size: 16x16 }
  modality back: image? { file: "{id}_back.png", size: 16x16 }
  modality facts: tabular { numeric: ["a", "b"], categorical: ["c"] }
  target label: multiclass { column: "label" }
  target price: regression { column: "price" }
  encoder seen = front -> tower(16)
  encoder behind = back -> tower(16)
  encoder known = facts -> units
  fusion joint: mid = gated(seen, behind, known, dim: 8) -> dropout(0.3)
  head guess: label = joint
  head cost: price = known -> sigmoid { loss: huber }
  evaluate { baselines: [majority, only(facts)] }
}
`,
  },
  {
    entry: "axes inside each",
    text: spec("rooms", [
      "encoder turned = rooms -> each(permute(channels, height, width) -> reshape(rows: 48, columns: 16) -> position -> permute(columns, rows) -> dense(4) -> flatten) -> rename(items: tokens) -> position -> attention_pooling",
      "head guess: label = turned",
    ]),
  },
  {
    entry: "a late fusion that trains its members, one of which may be absent",
    text: `model Example {
  data { source: "table.csv", split: random }
  modality report: text { column: "report", tokens: 12 }
  modality call: audio? { file: "{call}.wav", rate: native, length: 1s, features: mel(bands: 16) }
  target label: binary { column: "label" }
  encoder words = report -> embedding(8) -> bidirectional(lstm(4, return_sequences: true), merge_mode: ave) -> last_step
  encoder voice = call -> conv1d(8, 5, relu, strides: 2) -> max_pooling1d(2) -> global_max_pooling1d
  head says: label = words
  head sounds: label = voice
  fusion verdict: late = product(says, sounds, of: logits, train_members: true)
  head guess: label = verdict
}
`,
  },
];
