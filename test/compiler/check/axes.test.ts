/**
 * The rules of axes.md, a row each: on this input, this op gives exactly this type (as hover prints it) and these masks,
 * or is refused with this code. The expectations are derived from axes.md by hand.
 */
import { describe, expect, it } from "vitest";
import { compileText } from "../../../compiler/compile.ts";
import type { TensorType } from "../../../compiler/types/type.ts";
import { printType } from "../../../compiler/types/type.ts";

const host = { read: () => undefined, list: () => [] };

/** Values of every rank: vectors, sequences, pictures, items of these, token ids, optional ones, unknown sizes. */
const modalities: { readonly [name: string]: string } = {
  vec: 'vector { columns: ["v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8"] }',
  vec2: 'vector { columns: ["w1", "w2", "w3", "w4", "w5", "w6", "w7", "w8"] }',
  wide: "vector { dim: 16 }",
  sheet: 'tabular { numeric: ["a"], categorical: ["b"] }',
  ids: "text { vocabulary: 50, tokens: 12 }",
  notes: "text { vocabulary: 50, tokens: 12, count: 3 }",
  wave: "audio { rate: 8kHz, length: 1s, features: mel(bands: 8, hop: 64ms) }",
  wave2: "audio { rate: 8kHz, length: 1s, features: mel(bands: 16, hop: 64ms) }",
  unknown: "audio { length: 1s, features: mel(bands: 8) }",
  photo: "image { size: 12x10 }",
  photos: 'image { files: ["{a}", "{b}"], size: 12x10 }',
  vecs: "vector { dim: 8, count: 5 }",
  maybe: 'vector? { columns: ["m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8"] }',
  perhaps: 'vector? { columns: ["n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8"] }',
  hum: "audio? { rate: 8kHz, length: 1s, features: mel(bands: 8, hop: 64ms) }",
};

const uses = (text: string) => Object.keys(modalities).filter((m) => new RegExp(`\\b${m}\\b`).test(text));

async function typeOf(statements: string, value: string): Promise<string> {
  const spec = `model M {
  data { source: "t.csv" }
  ${uses(statements)
    .map((m) => `modality ${m}: ${modalities[m]}`)
    .join("\n  ")}
  modality sink: vector { dim: 4 }
  target t: binary
  ${statements}
  head last: t = sink
  head aside: t = ${value} -> HERE { auxiliary: true }
}`;
  const { diagnostics, models } = await compileText(spec.replace(" -> HERE", ""), { path: "m.mmf", host });
  const refused = diagnostics.find((d) => d.severity === "error" && d.code !== "axes-left-over");
  if (refused) return refused.code;
  // a head reads vectors only: what it says of anything else has the type as its label
  const left = diagnostics.find((d) => d.code === "axes-left-over");
  if (left) return left.label ?? "";
  const type: TensorType = models[0]!.ir!.values[value]!.type;
  const masks = type.axes.filter((a) => a.masked).map((a) => a.name);
  return printType(type) + (masks.length > 0 ? ` masked ${masks.join(", ")}` : "");
}

const stages: readonly (readonly [string, string])[] = [
  // feature
  ["ids -> embedding(6)", "f32[B, tokens=12, features=6]"],
  ["notes -> embedding(6)", "f32[B, items=3, tokens=12, features=6]"],
  ["vec -> embedding(6)", "ids-or-numbers"],
  ["wave -> embedding(6)", "ids-or-numbers"],
  ["ids -> one_hot", "f32[B, tokens=12, features=50]"],
  ["vec -> one_hot", "ids-or-numbers"],
  ["photo -> patches(4x5, dim: 6)", "f32[B, patches=6, features=6]"],
  ["photos -> patches(4x5, dim: 6)", "f32[B, items=2, patches=6, features=6]"],
  ["photo -> patches(5x5, dim: 6)", "not-divisible"],
  ["photo -> patches(4x4, dim: 6)", "not-divisible"],
  ["wave -> patches(4, dim: 6)", "f32[B, patches=4, features=6]"],
  ["wave -> patches(3, dim: 6)", "not-divisible"],
  ["vec -> patches(4x4, dim: 6)", "rank-mismatch"],
  ["vec -> patches(4, dim: 6)", "rank-mismatch"],
  ["unknown -> patches(4, dim: 6)", "size-unknown"],
  ["ids -> embedding(6) -> position", "f32[B, tokens=12, features=6]"],
  ["photo -> position", "f32[B, height=12, width=10, channels=3]"],
  ["vec -> position", "rank-mismatch"],
  ["unknown -> position", "size-unknown"],
  // shape
  ["wave -> add_channel", "f32[B, time=16, bands=8, channels=1]"],
  ["vec -> add_channel", "rank-mismatch"],
  ["photo -> add_channel", "rank-mismatch"],
  ["wave -> rename(time: step)", "f32[B, step=16, bands=8]"],
  ["wave -> rename(step: time)", "axis-names"],
  ["wave -> rename(time: bands)", "axis-names"],
  ["wave -> reshape(a: 8, b: 16)", "f32[B, a=8, b=16]"],
  ["wave -> reshape(a: -1, b: 4, c: 2)", "f32[B, a=16, b=4, c=2]"],
  ["wave -> reshape(a: 8, b: 15)", "reshape-differs"],
  ["wave -> reshape(a: -1, b: 3)", "reshape-differs"],
  ["wave -> permute(bands, time)", "f32[B, bands=8, time=16]"],
  ["wave -> permute(bands)", "axis-names"],
  ["wave -> permute(bands, bands)", "axis-names"],
  ["photo -> permute(channels, height, width)", "f32[B, channels=3, height=12, width=10]"],
  ["wave -> flatten", "f32[B, features=128]"],
  ["photos -> flatten", "f32[B, features=720]"],
  ["unknown -> flatten", "size-unknown"],
  ["wave -> last_step", "f32[B, features=8]"],
  ["vec -> last_step", "rank-mismatch"],
  ["photo -> last_step", "rank-mismatch"],
  // dense, convolutions, pooling
  ["vec -> dense(5)", "f32[B, features=5]"],
  ["sheet -> dense(5)", "f32[B, features=5]"],
  ["wave -> dense(5)", "f32[B, time=16, features=5]"],
  ["photo -> dense(5)", "f32[B, height=12, width=10, features=5]"],
  ["photos -> dense(5)", "f32[B, items=2, height=12, width=10, features=5]"],
  ["ids -> dense(5)", "ids-or-numbers"],
  ["maybe -> dense(5)", "f32[B, features=5]?"],
  ["wave -> conv1d(5, 3)", "f32[B, time=14, features=5]"],
  ["wave -> conv1d(5, 3, padding: same)", "f32[B, time=16, features=5]"],
  ["wave -> conv1d(5, 3, padding: causal)", "f32[B, time=16, features=5]"],
  ["wave -> conv1d(5, 3, strides: 2)", "f32[B, time=7, features=5]"],
  ["wave -> conv1d(5, 3, strides: 3, padding: same)", "f32[B, time=6, features=5]"],
  ["wave -> conv1d(5, 3, dilation_rate: 4)", "f32[B, time=8, features=5]"],
  ["wave -> conv1d(5, 17)", "kernel-too-large"],
  ["hum -> conv1d(5, 3)", "f32[B, time=14, features=5]?"],
  ["vec -> conv1d(5, 3)", "rank-mismatch"],
  ["photo -> conv1d(5, 3)", "rank-mismatch"],
  ["photos -> conv1d(5, 3)", "rank-mismatch"],
  ["ids -> conv1d(5, 3)", "ids-or-numbers"],
  ["photo -> conv2d(5, 3x3)", "f32[B, height=10, width=8, channels=5]"],
  ["photo -> conv2d(5, 3)", "f32[B, height=10, width=8, channels=5]"],
  ["photo -> conv2d(5, 3x3, padding: same, strides: 2)", "f32[B, height=6, width=5, channels=5]"],
  ["photo -> conv2d(5, 3x3, strides: 2x3)", "f32[B, height=5, width=3, channels=5]"],
  ["photo -> conv2d(5, 11x11)", "kernel-too-large"],
  ["wave -> add_channel -> conv2d(5, 3x3)", "f32[B, time=14, bands=6, channels=5]"],
  ["wave -> conv2d(5, 3x3)", "rank-mismatch"],
  ["photos -> conv2d(5, 3x3)", "rank-mismatch"],
  ["vec -> conv2d(5, 3x3)", "rank-mismatch"],
  ["wave -> max_pooling1d(2)", "f32[B, time=8, features=8]"],
  ["wave -> average_pooling1d(3)", "f32[B, time=5, features=8]"],
  ["wave -> max_pooling1d(3, strides: 1)", "f32[B, time=14, features=8]"],
  ["wave -> max_pooling1d(3, padding: same)", "f32[B, time=6, features=8]"],
  ["wave -> max_pooling1d(17)", "kernel-too-large"],
  ["photo -> max_pooling1d(2)", "rank-mismatch"],
  ["photo -> max_pooling2d", "f32[B, height=6, width=5, channels=3]"],
  ["photo -> average_pooling2d(5x3)", "f32[B, height=2, width=3, channels=3]"],
  ["wave -> max_pooling2d(2x2)", "rank-mismatch"],
  ["wave -> global_average_pooling1d", "f32[B, features=8]"],
  ["wave -> global_max_pooling1d", "f32[B, features=8]"],
  ["hum -> global_max_pooling1d", "f32[B, features=8]?"],
  ["photo -> global_average_pooling1d", "rank-mismatch"],
  ["photo -> global_average_pooling2d", "f32[B, features=3]"],
  ["wave -> global_average_pooling2d", "rank-mismatch"],
  ["photos -> global_max_pooling2d", "rank-mismatch"],
  // unchanged
  ["wave -> batch_normalization", "f32[B, time=16, bands=8]"],
  ["photo -> layer_normalization", "f32[B, height=12, width=10, channels=3]"],
  ["wave -> dropout(0.5)", "f32[B, time=16, bands=8]"],
  ["photo -> relu", "f32[B, height=12, width=10, channels=3]"],
  ["wave -> spatial_dropout1d(0.5)", "f32[B, time=16, bands=8]"],
  ["vec -> spatial_dropout1d(0.5)", "rank-mismatch"],
  ["photo -> spatial_dropout1d(0.5)", "rank-mismatch"],
  ["ids -> relu", "ids-or-numbers"],
  ["ids -> dropout(0.5)", "ids-or-numbers"],
  // recurrent
  ["wave -> lstm(5)", "f32[B, features=5]"],
  ["wave -> gru(5, return_sequences: true)", "f32[B, time=16, features=5]"],
  ["hum -> gru(5)", "f32[B, features=5]?"],
  ["vec -> lstm(5)", "no-sequence"],
  ["photo -> lstm(5)", "rank-mismatch"],
  ["notes -> embedding(6) -> lstm(5)", "rank-mismatch"],
  ["wave -> bidirectional(lstm(5))", "f32[B, features=10]"],
  ["wave -> bidirectional(gru(5, return_sequences: true))", "f32[B, time=16, features=10]"],
  ["wave -> bidirectional(lstm(5), merge_mode: sum)", "f32[B, features=5]"],
  ["wave -> bidirectional(lstm(5), merge_mode: ave)", "f32[B, features=5]"],
  ["wave -> bidirectional(dense(5))", "value-kind"],
  ["vec -> bidirectional(lstm(5))", "no-sequence"],
  // attention
  ["wave -> self_attention(heads: 2)", "f32[B, time=16, features=8]"],
  ["wave -> self_attention(heads: 3)", "not-divisible"],
  ["vec -> self_attention(heads: 2)", "rank-mismatch"],
  ["photo -> self_attention(heads: 3)", "rank-mismatch"],
  ["wave -> transformer(layers: 2, heads: 4)", "f32[B, time=16, features=8]"],
  ["unknown -> transformer(layers: 1, heads: 2) -> global_average_pooling1d", "f32[B, features=8]"],
  ["wave -> transformer(layers: 2, heads: 5)", "not-divisible"],
  ["wave -> attention_pooling", "f32[B, features=8]"],
  ["vec -> attention_pooling", "rank-mismatch"],
  ["photo -> attention_pooling", "rank-mismatch"],
  // structure
  ["photos -> each(conv2d(5, 3x3))", "f32[B, items=2, height=10, width=8, channels=5]"],
  ["photos -> each(global_average_pooling2d)", "f32[B, items=2, features=3]"],
  ["notes -> each(embedding(6) -> gru(4))", "f32[B, items=3, features=4]"],
  ["vec -> each(dense(5))", "rank-mismatch"],
  ["wave -> each(dense(5))", "f32[B, time=16, features=5]"],
  ["wave -> residual(dense(8))", "f32[B, time=16, bands=8]"],
  ["wave -> residual(dense(5))", "branches-differ"],
  ["wave -> residual(conv1d(5, 3, padding: same), shortcut: dense(5))", "f32[B, time=16, features=5]"],
  ["photo -> residual(conv2d(3, 3x3))", "branches-differ"],
  ["photo -> residual(conv2d(3, 3x3, padding: same))", "f32[B, height=12, width=10, channels=3]"],
  [
    "photo -> residual(global_average_pooling2d -> dense(3, sigmoid), merge: multiply)",
    "f32[B, height=12, width=10, channels=3]",
  ],
  ["photo -> residual(global_average_pooling2d -> dense(4, sigmoid), merge: multiply)", "branches-differ"],
  ["vec -> parallel(dense(5), dense(3))", "f32[B, features=8]"],
  ["vec -> parallel(dense(5), dense(5), merge: maximum)", "f32[B, features=5]"],
  ["vec -> parallel(dense(5), dense(3), merge: add)", "branches-differ"],
  ["wave -> parallel(dense(5), gru(5))", "branches-differ"],
  ["wave -> parallel(conv1d(5, 3, padding: same), dense(2))", "f32[B, time=16, features=7]"],
  ["wave -> repeat(3, conv1d(5, 3))", "f32[B, time=10, features=5]"],
  ["wave -> repeat(9, conv1d(5, 3))", "kernel-too-large"],
  ["vec -> repeat(2, gru(5))", "no-sequence"],
];

const seq = "ids -> embedding(8)";
const fusions: readonly (readonly [string, string])[] = [
  ["early = concatenate(vec, wide)", "f32[B, features=24]"],
  ["early = concatenate(vec, sheet)", "f32[B, features=sheet.features + 8]"],
  ["early = concatenate(wave, wave2)", "f32[B, time=16, bands=24]"],
  ["early = concatenate(vec, wave)", "fusion-axes-mismatch"],
  ["early = concatenate(wave, ids)", "ids-or-numbers"],
  [`early = concatenate(wave, ${seq})`, "fusion-axes-mismatch"],
  ["early = concatenate(vec, maybe)", "f32[B, features=16]"],
  ["early = concatenate(vec, maybe, presence: true)", "f32[B, features=17]"],
  ["early = concatenate(maybe, perhaps)", "f32[B, features=16]?"],
  ["early = concatenate(wave, hum)", "fusion-refuses-absent"],
  ["early = concatenate(wave, vec, broadcast: true)", "f32[B, time=16, bands=16]"],
  [
    'early = concatenate(wave, wave -> max_pooling1d(2) -> rename(features: bands), axis: "time")',
    "f32[B, time=24, bands=8]",
  ],
  ['early = concatenate(wave, wave2, axis: "bands")', "f32[B, time=16, bands=24]"],
  ['early = concatenate(wave, wave2, axis: "height")', "axis-names"],
  [`early = sequence(wave, ${seq})`, "f32[B, tokens=28, features=8]"],
  ["early = sequence(wave, vec)", "f32[B, tokens=17, features=8]"],
  ["early = sequence(wave, wave2)", "fusion-shape-mismatch"],
  ["early = sequence(wave, photo)", "fusion-axes-mismatch"],
  ["early = sequence(wave, hum)", "f32[B, tokens=32, features=8]"],
  ["early = sequence(maybe, hum)", "f32[B, tokens=17, features=8]?"],
  ["early = sequence(unknown, vec) -> global_average_pooling1d", "f32[B, features=8]"],
  ["early = stack(vec, vec2)", "f32[B, modalities=2, features=8]"],
  ["early = stack(vec, maybe)", "f32[B, modalities=2, features=8]"],
  ["early = stack(maybe, perhaps)", "f32[B, modalities=2, features=8]?"],
  ["early = stack(vec, wide)", "fusion-shape-mismatch"],
  ["early = stack(vec, wave)", "fusion-axes-mismatch"],
  ...(["add", "multiply", "difference", "average", "maximum", "weighted_average"] as const).flatMap(
    (op): [string, string][] => {
      const refuses = op === "add" || op === "multiply" || op === "difference";
      return [
        [`early = ${op}(vec, vec2)`, "f32[B, features=8]"],
        [`early = ${op}(vec, wide)`, "fusion-shape-mismatch"],
        [`early = ${op}(vec, wave)`, "fusion-axes-mismatch"],
        [`early = ${op}(wave, vec, broadcast: true)`, "f32[B, time=16, bands=8]"],
        [`early = ${op}(wave, ${seq})`, "fusion-axes-mismatch"],
        [`early = ${op}(vec, maybe)`, refuses ? "fusion-refuses-absent" : "f32[B, features=8]"],
        [`early = ${op}(maybe, perhaps)`, refuses ? "fusion-refuses-absent" : "f32[B, features=8]?"],
        [`early = ${op}(vec)`, "fusion-sources"],
      ];
    },
  ),
  ["early = difference(vec, vec2, wide)", "fusion-sources"],
  ...(["gated", "attention"] as const).flatMap((op): [string, string][] => [
    [`early = ${op}(vec, wide, dim: 5)`, "f32[B, features=5]"],
    [`early = ${op}(vec, sheet, maybe, dim: 5)`, "f32[B, features=5]"],
    [`early = ${op}(maybe, perhaps, dim: 5)`, "f32[B, features=5]?"],
    [`early = ${op}(wave, wave2, dim: 5)`, "f32[B, time=16, features=5]"],
    [`early = ${op}(vec, wave, dim: 5)`, "fusion-axes-mismatch"],
    [`early = ${op}(wave, ${seq}, dim: 5)`, "fusion-axes-mismatch"],
    [`early = ${op}(vec, dim: 5)`, "fusion-sources"],
    [`early = ${op}(vec, ids, dim: 5)`, "ids-or-numbers"],
  ]),
  ["mid = add(vec, vec2)", "fusion-kind-mismatch"],
  ["early = add(vec, wave -> gru(8))", "fusion-kind-mismatch"],
  ["early = add(vec, wave -> attention_pooling)", "fusion-kind-mismatch"],
  ["mid = add(vec, wave -> attention_pooling)", "f32[B, features=8]"],
  ["early = add(vec, wave -> batch_normalization -> global_max_pooling1d)", "f32[B, features=8]"],
];

const masks: readonly (readonly [string, string])[] = [
  ["ids -> embedding(6)", "tokens"],
  ["ids -> embedding(6, mask: false)", ""],
  ["ids -> embedding(6) -> conv1d(5, 3)", "tokens"],
  ["ids -> embedding(6) -> max_pooling1d(2)", "tokens"],
  ["ids -> embedding(6) -> dense(4) -> relu -> dropout(0.1)", "tokens"],
  ["ids -> embedding(6) -> gru(4, return_sequences: true)", "tokens"],
  ["ids -> embedding(6) -> permute(features, tokens)", "tokens"],
  ["ids -> embedding(6) -> rename(tokens: steps)", "steps"],
  ["ids -> embedding(6) -> reshape(a: 12, b: 6)", ""],
  ["ids -> embedding(6) -> add_channel", ""],
  ["ids -> embedding(6) -> patches(4, dim: 6)", ""],
  ["ids -> embedding(6) -> transformer(layers: 1, heads: 2)", "tokens"],
  ["wave -> each(dense(4))", "time"],
  ["wave -> conv1d(4, 3)", "time"],
  ["notes -> each(embedding(6) -> gru(4))", "items"],
  ["ids -> embedding(6) -> residual(conv1d(6, 3, padding: same))", "tokens"],
];

describe("stages", () => {
  it.each(stages)("%s gives %s", async (flow, expected) => {
    expect((await typeOf(`encoder e = ${flow}`, "e")).replace(/ masked.*/, "")).toBe(expected);
  });
});

describe("fusions", () => {
  it.each(fusions)("%s gives %s", async (flow, expected) => {
    expect((await typeOf(`fusion f: ${flow}`, "f")).replace(/ masked.*/, "")).toBe(expected);
  });
});

describe("masks", () => {
  it.each(masks)("%s keeps that of %s", async (flow, expected) => {
    const spec = `model M { data { source: "t.csv" } ${uses(flow)
      .map((m) => `modality ${m}: ${modalities[m]}`)
      .join(" ")} target t: binary encoder e = ${flow} encoder f = e -> flatten head h: t = f }`;
    const { diagnostics, models } = await compileText(spec, { path: "m.mmf", host });
    expect(diagnostics).toEqual([]);
    const axes = models[0]!.ir!.values.e!.type.axes;
    expect(
      axes
        .filter((a) => a.masked)
        .map((a) => a.name)
        .join(" "),
    ).toBe(expected);
  });
});
