/** What the layers promise: masks, absence, gradients, randomness. Run on every engine. */
import type { Scalar, Tensor } from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import {
  activationNames,
  apply,
  type Core,
  createTf,
  type Stage,
  stream,
  type Tf,
  type TfModel,
  type Value,
} from "../../../runtime/layers/index.ts";
import { near } from "./keras-suite.ts";

type Feeds = { [name: string]: Tensor };

export function suite(core: () => Core): void {
  /** Numbers in [-1, 1), the same on every engine. */
  const numbers = (shape: number[], name = "x") => {
    const random = stream(3, name);
    return core().tensor(
      Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random() * 2 - 1),
      shape,
    );
  };
  const inputsOf = new WeakMap<Tf, Value[]>();
  const facade = (): Tf => {
    const made = createTf(core(), { seed: 5 });
    const inputs: Value[] = [];
    const tf: Tf = {
      ...made,
      input: (config) => {
        const value = made.input(config);
        inputs.push(value);
        return value;
      },
    };
    inputsOf.set(tf, inputs);
    return tf;
  };
  const network = (tf: Tf, outputs: { [head: string]: Value }) =>
    tf.model({ name: "m", inputs: inputsOf.get(tf)!, outputs });
  const model = (tf: Tf, out: Value) => network(tf, { out });
  const run = (m: TfModel, feeds: Feeds) => m.predict(feeds).out!.dataSync();
  /** Weights that are all different from their initial ones: zeros hide mistakes. */
  const scramble = (m: TfModel) => {
    for (const { name, variable } of m.weights()) {
      if (name.endsWith("moving_variance")) variable.assign(core().add(core().abs(numbers(variable.shape, name)), 0.5));
      else variable.assign(core().mul(numbers(variable.shape, name), 0.7));
    }
    return m;
  };
  /** Gradients of every weight and of the input `x` against central differences. */
  const checkGradients = (m: TfModel, feeds: Feeds, x = "x", training = false, places = 4) => {
    const tf = core();
    const shape = m.predict(feeds).out!.shape;
    const weights = numbers(shape, "projection");
    const loss = (given: Feeds) => tf.sum(tf.mul(m.forward(given, { training }).out!, weights)) as Scalar;
    const value = (given: Feeds) => tf.tidy(() => loss(given).dataSync()[0]!);
    const step = 4e-3;
    const compare = (name: string, found: Tensor | undefined, current: Tensor, set: (t: Tensor) => number) => {
      const data = Float32Array.from(current.dataSync());
      const got = found ? found.dataSync() : new Float32Array(data.length);
      const picks = Array.from(
        { length: Math.min(data.length, places) },
        (_, i) => Math.floor(((i + 0.5) * data.length) / places) % data.length,
      );
      for (const i of picks) {
        const original = data[i]!;
        const at = (v: number) => {
          data[i] = v;
          return set(tf.tensor(Float32Array.from(data), current.shape));
        };
        const slope = (at(original + step) - at(original - step)) / (2 * step);
        at(original);
        expect(Math.abs(got[i]! - slope), `${name}[${i}]: ${got[i]} and ${slope}`).toBeLessThan(
          0.015 * Math.max(1, Math.abs(slope)),
        );
      }
    };
    const trainable = m.weights().filter((w) => w.trainable);
    if (trainable.length > 0) {
      const { grads } = tf.variableGrads(
        () => loss(feeds),
        trainable.map((w) => w.variable),
      );
      for (const w of trainable) {
        expect(grads[w.variable.name], `a gradient of ${w.name}`).toBeDefined();
        compare(w.name, grads[w.variable.name], w.variable, (t) => {
          w.variable.assign(t);
          return value(feeds);
        });
      }
    }
    const given = feeds[x]!;
    if (given.dtype === "int32") return;
    const [grad] = tf.grads((t: Tensor) => loss({ ...feeds, [x]: t }))([given]);
    compare(x, grad, given, (t) => value({ ...feeds, [x]: t }));
  };

  const mask = (rows: number[][]) => core().tensor2d(rows);

  describe("gradients against differences", () => {
    const sequence = (stage: (tf: Tf) => Stage[], masked = true, steps = 5) => {
      const tf = facade();
      const x = tf.input({ name: "x", shape: [steps, 4], masked });
      const m = scramble(model(tf, apply(x, ...stage(tf))));
      checkGradients(m, {
        x: numbers([3, steps, 4]),
        "x.mask": mask([
          [1, 1, 1, 0, 0],
          [0, 1, 0, 1, 1],
          [0, 0, 0, 0, 0],
        ]),
      });
    };
    test.each(["lstm", "gru"] as const)(
      "%s, masked and not, last step and all",
      (word) => {
        for (const masked of [true, false]) {
          for (const returnSequences of [true, false]) {
            for (const goBackwards of [true, false]) {
              sequence((tf) => [tf.layers[word]({ name: "r", units: 3, returnSequences, goBackwards })], masked);
            }
          }
        }
      },
      120_000,
    );
    test("self-attention, attention pooling, last step", () => {
      sequence((tf) => [tf.layers.selfAttention({ name: "a", heads: 2 }), tf.layers.attentionPooling({ name: "p" })]);
      sequence((tf) => [tf.layers.dense({ name: "d", units: 3 }), tf.layers.lastStep({ name: "l" })]);
    });
    test("transformer, post and pre, causal", () => {
      sequence((tf) => [
        tf.layers.transformer({ name: "t", layers: 2, heads: 2, width: 6 }),
        tf.layers.globalAveragePooling1d({ name: "p" }),
      ]);
      sequence((tf) => [
        tf.layers.transformer({ name: "t", layers: 1, heads: 4, norm: "pre", causal: true }),
        tf.layers.lastStep({ name: "l" }),
      ]);
    }, 60_000);
    test("normalizations, activations, positions", () => {
      sequence((tf) => [
        tf.layers.layerNormalization({ name: "n" }),
        tf.layers.position({ name: "p" }),
        tf.layers.activation({ name: "a", activation: "gelu" }),
      ]);
      sequence((tf) => [
        tf.layers.batchNormalization({ name: "n" }),
        tf.layers.activation({ name: "a", activation: "mish" }),
      ]);
      sequence((tf) => [
        tf.layers.patches({ name: "p", size: 5, dim: 3 }),
        tf.layers.flatten({ name: "f" }),
        tf.layers.dense({ name: "d", units: 2, activation: "silu" }),
      ]);
    });
    test("convolutions with gaps", () => {
      sequence((tf) => [
        tf.layers.conv1d({ name: "c", filters: 3, kernelSize: 2, dilationRate: 2, padding: "causal" }),
      ]);
      const tf = facade();
      const x = tf.input({ name: "x", shape: [6, 5, 2] });
      const c = apply(
        x,
        tf.layers.conv2d({ name: "c", filters: 3, kernelSize: [3, 2], dilationRate: 2, padding: "same" }),
      );
      checkGradients(scramble(model(tf, c)), { x: numbers([2, 6, 5, 2]) });
    });
    test("pooling and patches of pictures, positions by row and column", () => {
      const tf = facade();
      const x = tf.input({ name: "x", shape: [6, 4, 2] });
      const c = apply(
        x,
        tf.layers.position({ name: "pos" }),
        tf.layers.averagePooling2d({ name: "a", poolSize: 3, strides: 1, padding: "same" }),
        tf.layers.patches({ name: "p", size: [3, 2], dim: 4 }),
      );
      checkGradients(scramble(model(tf, c)), { x: numbers([2, 6, 4, 2]) });
    });
    test("batch normalization in training", () => {
      const tf = facade();
      const x = tf.input({ name: "x", shape: [3] });
      checkGradients(
        scramble(model(tf, apply(x, tf.layers.batchNormalization({ name: "n" })))),
        { x: numbers([7, 3]) },
        "x",
        true,
      );
    });
    const fusions: { [name: string]: (tf: Tf) => Stage } = {
      gated: (tf) => tf.layers.gated({ name: "f", dim: 3 }),
      attention: (tf) => tf.layers.attention({ name: "f", dim: 3 }),
      weightedAverage: (tf) => tf.layers.weightedAverage({ name: "f" }),
      average: (tf) => tf.layers.average({ name: "f" }),
      concatenate: (tf) => tf.layers.concatenate({ name: "f", presence: true }),
      sequence: (tf) => tf.layers.sequence({ name: "f" }),
      lateWeightedAverage: (tf) =>
        tf.layers.lateWeightedAverage({ name: "f", target: "multiclass", trainMembers: true }),
      lateProduct: (tf) => tf.layers.lateProduct({ name: "f", target: "multiclass", trainMembers: true }),
    };
    test.each(Object.keys(fusions))("fusion %s of two and of three, present and absent", (word) => {
      for (const count of [2, 3]) {
        for (const optional of [false, true]) {
          const tf = facade();
          const names = ["x", "y", "z"].slice(0, count);
          const sources = names.map((name, i) => tf.input({ name, shape: [4], optional: optional && i > 0 }));
          const m = scramble(model(tf, apply(sources, fusions[word]!(tf))));
          const feeds: Feeds = Object.fromEntries(names.map((name) => [name, numbers([3, 4], name)]));
          feeds["y.present"] = core().tensor1d([1, 0, 1]);
          feeds["z.present"] = core().tensor1d([0, 0, 1]);
          checkGradients(m, feeds, "y");
        }
      }
    });
  });

  describe("masks", () => {
    const stages: { [name: string]: (tf: Tf) => Stage[] } = {
      lstm: (tf) => [tf.layers.lstm({ name: "a", units: 3 })],
      "lstm backwards": (tf) => [tf.layers.lstm({ name: "a", units: 3, goBackwards: true })],
      gru: (tf) => [tf.layers.gru({ name: "a", units: 3 })],
      bidirectional: (tf) => [tf.layers.bidirectional({ name: "b", layer: tf.layers.gru({ name: "a", units: 3 }) })],
      "bidirectional, all steps": (tf) => [
        tf.layers.bidirectional({
          name: "b",
          mergeMode: "sum",
          layer: tf.layers.lstm({ name: "a", units: 3, returnSequences: true }),
        }),
        tf.layers.globalMaxPooling1d({ name: "p" }),
      ],
      "global max": (tf) => [tf.layers.globalMaxPooling1d({ name: "a" })],
      "global average": (tf) => [
        tf.layers.dense({ name: "d", units: 3 }),
        tf.layers.globalAveragePooling1d({ name: "a" }),
      ],
      "attention pooling": (tf) => [tf.layers.attentionPooling({ name: "a" })],
      "last step": (tf) => [tf.layers.lastStep({ name: "a" })],
      transformer: (tf) => [
        tf.layers.transformer({ name: "t", layers: 2, heads: 2 }),
        tf.layers.lastStep({ name: "a" }),
      ],
    };
    test.each(Object.keys(stages))("%s: masked steps, whatever they hold, count as not there", (word) => {
      const tf = facade();
      const out = (input: Value) => apply(input, ...stages[word]!(tf));
      const long = tf.input({ name: "x", shape: [6, 4], masked: true });
      const withMask = scramble(model(tf, out(long)));
      const short = tf.input({ name: "x", shape: [3, 4] });
      const without = scramble(model(tf, out(short)));
      const x = numbers([2, 3, 4]);
      const junk = core().mul(numbers([2, 1, 4], "junk"), 50);
      const parts = core().split(x, 3, 1) as Tensor[];
      const padded = core().concat([parts[0]!, junk, parts[1]!, parts[2]!, junk, junk], 1);
      const found = run(withMask, {
        x: padded,
        "x.mask": mask([
          [1, 0, 1, 1, 0, 0],
          [1, 0, 1, 1, 0, 0],
        ]),
      });
      near(found, run(without, { x }), 2e-6);
    });
    test.each(["global max", "global average", "attention pooling", "last step", "lstm", "gru"])(
      "%s: over masked steps alone, zeros",
      (word) => {
        const tf = facade();
        const x = tf.input({ name: "x", shape: [3, 4], masked: true });
        const m = scramble(model(tf, apply(x, ...stages[word]!(tf))));
        const found = run(m, { x: numbers([1, 3, 4]), "x.mask": mask([[0, 0, 0]]) });
        expect(Math.max(...Array.from(found, Math.abs))).toBe(0);
      },
    );
    test("self-attention over masked steps alone reads zeros: its output is its bias", () => {
      const tf = facade();
      const x = tf.input({ name: "x", shape: [3, 4], masked: true });
      const m = scramble(model(tf, apply(x, tf.layers.selfAttention({ name: "a", heads: 2 }))));
      const bias = Array.from(
        m
          .weights()
          .find((w) => w.name === "a/output_bias")!
          .variable.dataSync(),
      );
      near(run(m, { x: numbers([1, 3, 4]), "x.mask": mask([[0, 0, 0]]) }), [...bias, ...bias, ...bias], 1e-6);
    });
    test("causal: no step sees later ones", () => {
      for (const causal of [true, false]) {
        const tf = facade();
        const x = tf.input({ name: "x", shape: [4, 4] });
        const m = scramble(model(tf, apply(x, tf.layers.transformer({ name: "t", layers: 2, heads: 2, causal }))));
        const now = numbers([1, 4, 4]);
        const later = core().add(now, core().tensor3d([[[0], [0], [0], [2]]]));
        const [a, b] = [run(m, { x: now }), run(m, { x: later })];
        const apart = Math.max(...Array.from(a.slice(0, 12), (v, i) => Math.abs(v - b[i]!)));
        if (causal) expect(apart).toBeLessThan(1e-6);
        else expect(apart).toBeGreaterThan(1e-3);
      }
    });
    test("ids of 0 are masked, unless the embedding says no", () => {
      for (const keep of [true, false]) {
        const tf = facade();
        const x = tf.input({ name: "x", shape: [4], dtype: "int32" });
        const m = model(
          tf,
          apply(
            x,
            tf.layers.embedding({ name: "e", inputDim: 9, outputDim: 3, mask: keep }),
            tf.layers.globalAveragePooling1d({ name: "p" }),
          ),
        );
        const [a, b] = [
          [3, 5, 0, 0],
          [3, 5, 3, 5],
        ].map((ids) => run(m, { x: core().tensor2d([ids], [1, 4], "int32") }));
        const apart = Math.max(...Array.from(a!, (v, i) => Math.abs(v - b![i]!)));
        if (keep) expect(apart).toBeLessThan(1e-6);
        else expect(apart).toBeGreaterThan(1e-4);
      }
    });
    test("a convolved or pooled step is there if any step of its window is", () => {
      const given = [
        [0, 0, 1, 0, 0, 0, 0],
        [1, 1, 1, 1, 0, 0, 0],
      ];
      const windows = (stage: (tf: Tf) => Stage) => {
        const tf = facade();
        const x = tf.input({ name: "x", shape: [7, 2], masked: true });
        const out = apply(x, stage(tf));
        expect(out.masks[0]?.tensor.shape).toEqual([null, out.tensor.shape[1]]);
        const m = network(tf, { out: { tensor: out.masks[0]!.tensor, masks: [] } });
        return m.predict({ x: numbers([2, 7, 2]), "x.mask": mask(given) }).out!.arraySync();
      };
      const conv = (o: object) => windows((tf) => tf.layers.conv1d({ name: "c", filters: 1, kernelSize: 3, ...o }));
      expect(conv({})).toEqual([
        [1, 1, 1, 0, 0],
        [1, 1, 1, 1, 0],
      ]);
      expect(conv({ padding: "same" })).toEqual([
        [0, 1, 1, 1, 0, 0, 0],
        [1, 1, 1, 1, 1, 0, 0],
      ]);
      expect(conv({ padding: "causal" })).toEqual([
        [0, 0, 1, 1, 1, 0, 0],
        [1, 1, 1, 1, 1, 1, 0],
      ]);
      expect(conv({ dilationRate: 2 })).toEqual([
        [1, 0, 1],
        [1, 1, 1],
      ]);
      expect(conv({ padding: "same", strides: 2 })).toEqual([
        [0, 1, 0, 0],
        [1, 1, 1, 0],
      ]);
      expect(windows((tf) => tf.layers.maxPooling1d({ name: "p", poolSize: 2 }))).toEqual([
        [0, 1, 0],
        [1, 1, 0],
      ]);
      expect(windows((tf) => tf.layers.averagePooling1d({ name: "p", poolSize: 2, padding: "same" }))).toEqual([
        [0, 1, 0, 0],
        [1, 1, 0, 0],
      ]);
    });
    test("flatten zeroes masked places of every axis; a permuted mask follows its axis", () => {
      const tf = facade();
      const x = tf.input({ name: "x", shape: [2, 3], dtype: "int32", masked: true });
      const e = apply(x, tf.layers.oneHot({ name: "o", depth: 4 }));
      expect(e.masks.map((m) => m.axis)).toEqual([1, 2]);
      const ids = core().tensor3d(
        [
          [
            [1, 2, 0],
            [3, 3, 3],
          ],
        ],
        [1, 2, 3],
        "int32",
      );
      const feeds = { x: ids, "x.mask": mask([[1, 0]]) };
      const straight = run(model(tf, apply(e, tf.layers.flatten({ name: "f" }))), feeds);
      expect(Array.from(straight)).toEqual([0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, ...new Array(12).fill(0)]);
      const turned = apply(e, tf.layers.permute({ name: "p", dims: [2, 1, 3] }));
      expect(turned.masks.map((m) => m.axis).sort()).toEqual([1, 2]);
      const other = run(model(tf, apply(turned, tf.layers.flatten({ name: "f" }))), feeds);
      const wanted = core()
        .transpose(core().tensor(straight, [2, 3, 4]), [1, 0, 2])
        .dataSync();
      expect(Array.from(other)).toEqual(Array.from(wanted));
    });
    test("each: the same stages on every item, masks inside and out", () => {
      const tf = facade();
      const notes = tf.input({ name: "x", shape: [3, 4], dtype: "int32", masked: true });
      const e = tf.layers.embedding({ name: "e", inputDim: 9, outputDim: 3 });
      const l = tf.layers.lstm({ name: "l", units: 2 });
      const each = apply(notes, tf.layers.each({ name: "each", layers: [e, l] }));
      expect(each.tensor.shape).toEqual([null, 3, 2]);
      expect(each.masks.map((m) => m.axis)).toEqual([1]);
      const one = tf.input({ name: "x", shape: [4], dtype: "int32" });
      const single = scramble(model(tf, apply(one, e, l)));
      const ids = [
        [
          [1, 2, 0, 0],
          [3, 4, 5, 6],
          [0, 0, 0, 0],
        ],
        [
          [8, 0, 0, 0],
          [7, 7, 7, 0],
          [2, 3, 0, 0],
        ],
      ];
      const all = run(model(tf, each), {
        x: core().tensor3d(ids, [2, 3, 4], "int32"),
        "x.mask": mask([
          [1, 1, 0],
          [1, 1, 1],
        ]),
      });
      near(all, run(single, { x: core().tensor2d(ids.flat(), [6, 4], "int32") }), 1e-6);
      const pooled = model(tf, apply(each, tf.layers.globalAveragePooling1d({ name: "g" })));
      const mean = run(pooled, {
        x: core().tensor3d(ids, [2, 3, 4], "int32"),
        "x.mask": mask([
          [1, 0, 0],
          [1, 1, 1],
        ]),
      });
      near(Array.from(mean).slice(0, 2), Array.from(all).slice(0, 2), 1e-6);
    });
    test("each keeps the mask of every step of every item", () => {
      const tf = facade();
      const notes = tf.input({ name: "x", shape: [2, 3], dtype: "int32", masked: true });
      const steps = apply(
        notes,
        tf.layers.each({
          name: "each",
          layers: [
            tf.layers.embedding({ name: "e", inputDim: 9, outputDim: 3 }),
            tf.layers.gru({ name: "g", units: 2, returnSequences: true }),
          ],
        }),
      );
      expect(steps.masks.map((m) => m.axis)).toEqual([1, 2]);
      const flat = run(model(tf, apply(steps, tf.layers.flatten({ name: "f" }))), {
        x: core().tensor3d(
          [
            [
              [1, 2, 0],
              [3, 0, 0],
            ],
          ],
          [1, 2, 3],
          "int32",
        ),
        "x.mask": mask([[1, 1]]),
      });
      expect(Array.from(flat, (v) => v !== 0)).toEqual([1, 1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0].map(Boolean));
    });
  });

  describe("absence", () => {
    const present = (rows: number[]) => core().tensor1d(rows);
    const withJunk = (x: Tensor, there: number[]) => {
      const is = core().tensor2d(there, [there.length, 1]);
      return core().add(core().mul(x, is), core().mul(core().sub(1, is), core().mul(numbers(x.shape, "junk"), 30)));
    };
    const words = {
      average: (tf: Tf) => tf.layers.average({ name: "f" }),
      maximum: (tf: Tf) => tf.layers.maximum({ name: "f" }),
      weightedAverage: (tf: Tf) => tf.layers.weightedAverage({ name: "f" }),
      gated: (tf: Tf) => tf.layers.gated({ name: "f", dim: 3 }),
      attention: (tf: Tf) => tf.layers.attention({ name: "f", dim: 3 }),
      concatenate: (tf: Tf) => tf.layers.concatenate({ name: "f" }),
      "stack, pooled": (tf: Tf) => tf.layers.stack({ name: "f" }),
      "sequence, pooled": (tf: Tf) => tf.layers.sequence({ name: "f" }),
      lateAverage: (tf: Tf) => tf.layers.lateAverage({ name: "f", target: "multiclass" }),
      lateWeightedAverage: (tf: Tf) => tf.layers.lateWeightedAverage({ name: "f", target: "multilabel" }),
      lateProduct: (tf: Tf) => tf.layers.lateProduct({ name: "f", target: "multiclass" }),
      lateVote: (tf: Tf) => tf.layers.lateVote({ name: "f", target: "multiclass" }),
    };
    const build = (word: keyof typeof words, count: number, optional: boolean) => {
      const tf = facade();
      const sources = ["a", "b", "c"]
        .slice(0, count)
        .map((name) => tf.input({ name, shape: [4], optional: optional && name !== "a" }));
      let out = apply(sources, words[word](tf));
      if (word.endsWith("pooled")) out = apply(out, tf.layers.attentionPooling({ name: "p" }));
      return scramble(model(tf, out));
    };
    test.each(Object.keys(words) as (keyof typeof words)[])(
      "%s: what an absent source holds does not matter; all present is as without ?",
      (word) => {
        for (const count of [2, 3]) {
          const m = build(word, count, true);
          const feeds = (junk: boolean): Feeds => ({
            a: numbers([3, 4], "a"),
            b: junk
              ? withJunk(numbers([3, 4], "b"), [1, 0, 0])
              : core().mul(numbers([3, 4], "b"), core().tensor2d([1, 0, 0], [3, 1])),
            c: junk
              ? withJunk(numbers([3, 4], "c"), [1, 1, 0])
              : core().mul(numbers([3, 4], "c"), core().tensor2d([1, 1, 0], [3, 1])),
            "b.present": present([1, 0, 0]),
            "c.present": present([1, 1, 0]),
          });
          near(run(m, feeds(true)), run(m, feeds(false)), 1e-6);
          const full = {
            a: numbers([3, 4], "a"),
            b: numbers([3, 4], "b"),
            c: numbers([3, 4], "c"),
            "b.present": present([1, 1, 1]),
            "c.present": present([1, 1, 1]),
          };
          near(run(m, full), run(build(word, count, false), full), 2e-6);
        }
      },
    );
    test.each(["average", "maximum", "weightedAverage", "lateAverage", "lateWeightedAverage"] as const)(
      "%s: with one source left, that source",
      (word) => {
        const m = build(word, 3, true);
        const a = numbers([2, 4], "a");
        const found = run(m, {
          a,
          b: numbers([2, 4], "b"),
          c: numbers([2, 4], "c"),
          "b.present": present([0, 0]),
          "c.present": present([0, 0]),
        });
        const wanted = word === "lateAverage" ? core().logSoftmax(a).dataSync() : a.dataSync();
        near(found, wanted, 1e-5);
      },
    );
    test("gated with one source left is tanh of its projection", () => {
      const m = build("gated", 2, true);
      const weight = (name: string) => m.weights().find((w) => w.name === `f/${name}`)!.variable;
      const a = numbers([2, 4], "a");
      const wanted = core()
        .tanh(core().add(core().matMul(a as never, weight("source_1_kernel") as never), weight("source_1_bias")))
        .dataSync();
      near(run(m, { a, b: numbers([2, 4], "b"), "b.present": present([0, 0]) }), wanted, 1e-6);
    });
    test.each(["gated", "attention", "average", "maximum", "weightedAverage"] as const)(
      "%s of absent sources alone is 0",
      (word) => {
        for (const count of [2, 3]) {
          const tf = facade();
          const names = ["a", "b", "c"].slice(0, count);
          const m = scramble(
            model(
              tf,
              apply(
                names.map((name) => tf.input({ name, shape: [4], optional: true })),
                words[word](tf),
              ),
            ),
          );
          const feeds = Object.fromEntries(
            names.flatMap((name) => [
              [name, numbers([1, 4], name)],
              [`${name}.present`, present([0])],
            ]),
          );
          expect(Math.max(...Array.from(run(m, feeds), Math.abs))).toBe(0);
        }
      },
    );
    test("gated of two is the softmax of the gate and 0; of three a softmax", () => {
      const m = build("gated", 2, false);
      const t = core();
      const weight = (name: string) => m.weights().find((w) => w.name === `f/${name}`)!.variable as unknown as never;
      const [a, b] = [numbers([2, 4], "a") as never, numbers([2, 4], "b") as never];
      const z = t.sigmoid(t.add(t.matMul(t.concat([a, b], 1), weight("gate_kernel")), weight("gate_bias")));
      const h = (x: never, i: number) =>
        t.tanh(t.add(t.matMul(x, weight(`source_${i}_kernel`)), weight(`source_${i}_bias`)));
      near(run(m, { a, b }), t.add(t.mul(z, h(a, 1)), t.mul(t.sub(1, z), h(b, 2))).dataSync(), 1e-6);
    });
    test("an absent source of concatenate is its learned vector; presence adds a bit a source", () => {
      const tf = facade();
      const sources = ["a", "b"].map((name) => tf.input({ name, shape: [2], optional: name === "b" }));
      const m = scramble(model(tf, apply(sources, tf.layers.concatenate({ name: "f", presence: true }))));
      const absent = Array.from(
        m
          .weights()
          .find((w) => w.name === "f/absent_2")!
          .variable.dataSync(),
      );
      const feeds = {
        a: core().tensor2d([
          [1, 2],
          [3, 4],
        ]),
        b: core().tensor2d([
          [5, 6],
          [7, 8],
        ]),
        "b.present": present([1, 0]),
      };
      near(run(m, feeds), [1, 2, 5, 6, 1, 3, 4, ...absent, 0], 1e-6);
    });
    test("the result may be absent only where every source is", () => {
      const tf = facade();
      const [a, b] = ["a", "b"].map((name) => tf.input({ name, shape: [2], optional: true })) as [Value, Value];
      const c = tf.input({ name: "c", shape: [2] });
      expect(apply([a, c], tf.layers.average({ name: "f" })).presence).toBeUndefined();
      const both = apply([a, b], tf.layers.average({ name: "g" }));
      const m = network(tf, { out: { tensor: both.presence!, masks: [] } });
      expect(Array.from(run(m, { "a.present": present([1, 0, 0]), "b.present": present([1, 1, 0]) }))).toEqual([
        1, 1, 0,
      ]);
      expect(() => apply([a, c], tf.layers.multiply({ name: "h" }))).toThrow(/cannot do without/);
    });
    test("at steps: gated leaves a masked step of one source out, and is masked where both are", () => {
      const tf = facade();
      const [a, b] = ["a", "b"].map((name) => tf.input({ name, shape: [3, 4], masked: true })) as [Value, Value];
      const fused = apply([a, b], tf.layers.gated({ name: "f", dim: 3 }));
      const m = scramble(network(tf, { out: fused, mask: { tensor: fused.masks[0]!.tensor, masks: [] } }));
      const feeds = (junk: number): Feeds => ({
        a: numbers([1, 3, 4], "a"),
        b: core().add(numbers([1, 3, 4], "b"), core().tensor3d([[[0], [junk], [0]]])),
        "a.mask": mask([[1, 1, 0]]),
        "b.mask": mask([[1, 0, 0]]),
      });
      expect(m.predict(feeds(0)).mask!.arraySync()).toEqual([[1, 1, 0]]);
      near(run(m, feeds(40)), run(m, feeds(0)), 1e-6);
    });
    test("sequence and concatenate along steps join masks; broadcast stands at every step", () => {
      const tf = facade();
      const a = tf.input({ name: "a", shape: [2, 3], masked: true });
      const b = tf.input({ name: "b", shape: [3], optional: true });
      const c = tf.input({ name: "c", shape: [1, 3] });
      const joined = apply([a, b, c], tf.layers.sequence({ name: "s" }));
      const chained = apply([a, c], tf.layers.concatenate({ name: "t", axis: 1 }));
      const masks = network(tf, {
        s: { tensor: joined.masks[0]!.tensor, masks: [] },
        t: { tensor: chained.masks[0]!.tensor, masks: [] },
      });
      const feeds: Feeds = {
        a: numbers([2, 2, 3]),
        b: numbers([2, 3]),
        c: numbers([2, 1, 3]),
        "a.mask": mask([
          [1, 0],
          [1, 1],
        ]),
        "b.present": present([1, 0]),
      };
      expect(masks.predict(feeds).s!.arraySync()).toEqual([
        [1, 0, 1, 1],
        [1, 1, 0, 1],
      ]);
      expect(masks.predict(feeds).t!.arraySync()).toEqual([
        [1, 0, 1],
        [1, 1, 1],
      ]);
      const d = tf.input({ name: "d", shape: [1] });
      const spread = apply([a, d], tf.layers.concatenate({ name: "u", broadcast: true }));
      expect(spread.masks.map((m) => m.axis)).toEqual([1]);
      expect(spread.tensor.shape).toEqual([null, 2, 4]);
      const found = model(tf, spread).predict({
        a: core().ones([1, 2, 3]),
        "a.mask": mask([[1, 1]]),
        d: core().tensor2d([[7]]),
      }).out!;
      expect(found.arraySync()).toEqual([
        [
          [1, 1, 1, 7],
          [1, 1, 1, 7],
        ],
      ]);
    });
  });

  describe("activations", () => {
    const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
    const softplus = (x: number) => Math.log1p(Math.exp(x));
    const elu = (x: number) => (x > 0 ? x : Math.expm1(x));
    // The exact gelu at the places below: x · Φ(x) with Φ from a table of the normal distribution.
    // None is where one of the functions has a corner.
    const gelu = new Map([
      [-4, -4 * 0.00003167124],
      [-2, -2 * 0.0227501319],
      [-0.5, -0.5 * 0.3085375387],
      [0.3, 0.3 * 0.6179114222],
      [0.8, 0.8 * 0.7881446014],
      [2.5, 2.5 * 0.9937903347],
    ]);
    const at = [...gelu.keys()];
    const formulas: { [name in (typeof activationNames)[number]]?: (x: number) => number } = {
      linear: (x) => x,
      relu: (x) => Math.max(x, 0),
      relu6: (x) => Math.min(Math.max(x, 0), 6),
      leaky_relu: (x) => (x > 0 ? x : 0.2 * x),
      elu,
      celu: elu,
      selu: (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)),
      gelu: (x) => gelu.get(x)!,
      sigmoid,
      log_sigmoid: (x) => Math.log(sigmoid(x)),
      hard_sigmoid: (x) => Math.min(Math.max(x + 3, 0), 6) / 6,
      tanh: Math.tanh,
      hard_tanh: (x) => Math.min(Math.max(x, -1), 1),
      tanh_shrink: (x) => x - Math.tanh(x),
      softplus,
      softsign: (x) => x / (1 + Math.abs(x)),
      silu: (x) => x * sigmoid(x),
      swish: (x) => x * sigmoid(x),
      hard_silu: (x) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6,
      hard_swish: (x) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6,
      exponential: Math.exp,
      mish: (x) => x * Math.tanh(softplus(x)),
      squareplus: (x) => (x + Math.sqrt(x * x + 4)) / 2,
      softmax: (x) => Math.exp(x) / at.reduce((sum, y) => sum + Math.exp(y), 0),
      log_softmax: (x) => x - Math.log(at.reduce((sum, y) => sum + Math.exp(y), 0)),
    };
    test.each(activationNames)("%s by its formula, and its slope", (name) => {
      const tf = facade();
      const m = model(
        tf,
        apply(tf.input({ name: "x", shape: [at.length] }), tf.layers.activation({ name: "a", activation: name })),
      );
      const x = core().tensor2d([at]);
      near(run(m, { x }), at.map(formulas[name]!), 1e-5);
      checkGradients(m, { x }, "x", false, at.length);
    });
    test("an unknown one names those there are", () => {
      const tf = facade();
      const out = apply(
        tf.input({ name: "x", shape: [2] }),
        tf.layers.dense({ name: "d", units: 2, activation: "rellu" as never }),
      );
      expect(() => run(model(tf, out), { x: core().ones([1, 2]) })).toThrow(
        /no activation rellu; there are linear, relu,/,
      );
    });
  });

  describe("late fusions", () => {
    const late = (
      word: "lateAverage" | "lateProduct" | "lateVote",
      target: "binary" | "multiclass" | "regression",
      rows: number[][],
      of: "probabilities" | "logits" = "probabilities",
    ) => {
      const tf = facade();
      const sources = rows.map((row, i) => tf.input({ name: `m${i}`, shape: [row.length] }));
      const m = model(tf, apply(sources, tf.layers[word]({ name: "f", target, of })));
      return Array.from(run(m, Object.fromEntries(rows.map((row, i) => [`m${i}`, core().tensor2d([row])]))));
    };
    const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
    const softmax = (xs: number[]) => xs.map((x) => Math.exp(x) / xs.reduce((sum, y) => sum + Math.exp(y), 0));
    test("average, product and vote of probabilities, as logits", () => {
      const p = (sigmoid(2) + sigmoid(-1)) / 2;
      near(late("lateAverage", "binary", [[2], [-1]]), [Math.log(p / (1 - p))], 1e-5);
      near(late("lateAverage", "binary", [[2], [-1]], "logits"), [0.5], 1e-6);
      const a = softmax([1, 0, -1]);
      const b = softmax([0, 3, 1]);
      near(
        late("lateAverage", "multiclass", [
          [1, 0, -1],
          [0, 3, 1],
        ]),
        a.map((x, i) => Math.log((x + b[i]!) / 2)),
        1e-5,
      );
      const product = a.map((x, i) => x * b[i]!);
      const total = product.reduce((x, y) => x + y);
      near(
        late("lateProduct", "multiclass", [
          [1, 0, -1],
          [0, 3, 1],
        ]),
        product.map((x) => Math.log(x / total)),
        1e-5,
      );
      near(late("lateProduct", "binary", [[2], [-1]]), [1], 1e-6);
      const share = [Math.log(2 / 3), Math.log(1 / 3), Math.log(1e-7)];
      near(
        late("lateVote", "multiclass", [
          [3, 0, 0],
          [0, 1, 0],
          [1, 0, 0.5],
        ]),
        share,
        1e-5,
      );
      near(late("lateVote", "binary", [[3], [1], [-5]]), [Math.log(2)], 1e-5);
      near(late("lateAverage", "regression", [[3], [1], [-5]]), [-1 / 3], 1e-6);
      near(late("lateAverage", "binary", [[90], [90]]), [Math.log((1 - 1e-7) / 1e-7)], 0.02);
    });
    test("the gradient stops at the members, unless they are trained", () => {
      for (const trainMembers of [false, true]) {
        for (const word of ["lateAverage", "lateWeightedAverage", "lateProduct", "lateVote"] as const) {
          const tf = facade();
          const x = tf.input({ name: "x", shape: [3] });
          const members = ["a", "b"].map((name) => apply(x, tf.layers.dense({ name, units: 2 })));
          const m = model(tf, apply(members, tf.layers[word]({ name: "f", target: "multiclass", trainMembers })));
          const t = core();
          const { grads } = t.variableGrads(
            () =>
              t.sum(t.mul(m.forward({ x: numbers([2, 3]) }, { training: true }).out!, numbers([2, 2], "g"))) as Scalar,
          );
          const kernel = m.weights().find((w) => w.name === "a/kernel")!;
          const size = Math.max(...Array.from(grads[kernel.variable.name]?.dataSync() ?? [0], Math.abs));
          if (trainMembers && word !== "lateVote") expect(size).toBeGreaterThan(1e-3);
          else expect(size).toBe(0);
        }
      }
    });
  });

  test("a network: inputs that count, outputs that are sources too, what is missing", () => {
    const tf = facade();
    const [x, y] = ["x", "y"].map((name) => tf.input({ name, shape: [3], optional: true })) as [Value, Value];
    const unused = tf.input({ name: "unused", shape: [3] });
    const first = apply(x, tf.layers.dense({ name: "first", units: 2 }));
    const second = apply(y, tf.layers.dense({ name: "second", units: 2 }));
    const late = apply([first, second], tf.layers.lateAverage({ name: "late", target: "multiclass" }));
    const m = tf.model({ name: "m", inputs: [x, y, unused], outputs: { first, late, again: first } });
    expect(m.inputs).toEqual(["x", "x.present", "y", "y.present"]);
    expect(m.outputs).toEqual(["first", "late", "again"]);
    const one = core().ones([2, 3]);
    const here = core().ones([2]);
    const found = m.predict({ x: one, y: one, "x.present": here, "y.present": here, more: one });
    expect(found.again!.arraySync()).toEqual(found.first!.arraySync());
    expect(found.late!.shape).toEqual([2, 2]);
    expect(() => m.predict({ x: one, y: one, "x.present": here })).toThrow(/y\.present/);
    expect(() => tf.model({ name: "n", inputs: [x], outputs: { late } })).toThrow(/depends on y, y\.present/);
    expect(() => apply(x, tf.layers.lstm({ name: "l", units: 2 }))).toThrow(/3 axes/);
    expect(() => apply([x, y], tf.layers.dense({ name: "d", units: 2 }))).toThrow(/one value/);
  });
  test("names in any script", () => {
    const tf = facade();
    const out = apply(tf.input({ name: "图片", shape: [3] }), tf.layers.dense({ name: "图片_dense", units: 2 }));
    const m = model(tf, out);
    expect(m.inputs).toEqual(["图片"]);
    expect(m.weights().map((w) => w.name)).toEqual(["图片_dense/kernel", "图片_dense/bias"]);
    expect(m.predict({ 图片: core().ones([1, 3]) }).out!.shape).toEqual([1, 2]);
  });

  describe("structures", () => {
    test("residual adds, gates by feature; parallel joins; a stage applied twice shares its weights", () => {
      const tf = facade();
      const x = tf.input({ name: "x", shape: [3, 2, 4] });
      const squeeze = [
        tf.layers.globalAveragePooling2d({ name: "g" }),
        tf.layers.dense({ name: "d", units: 4, activation: "sigmoid" }),
      ];
      const gates = model(tf, apply(x, ...squeeze));
      const gated = model(tf, apply(x, tf.layers.residual({ name: "r", layers: squeeze, merge: "multiply" })));
      const input = numbers([2, 3, 2, 4]);
      const z = core().reshape(gates.predict({ x: input }).out!, [2, 1, 1, 4]);
      near(run(gated, { x: input }), core().mul(input, z).dataSync(), 1e-6);

      const shared = tf.layers.dense({ name: "s", units: 4 });
      const twice = model(tf, apply(x, shared, shared));
      expect(twice.countParams()).toBe(20);
      const added = apply(
        x,
        tf.layers.residual({ name: "q", layers: [shared] }),
        tf.layers.parallel({ name: "p", branches: [[shared], [tf.layers.dense({ name: "t", units: 3 })]] }),
      );
      expect(added.tensor.shape).toEqual([null, 3, 2, 7]);
      expect(model(tf, added).countParams()).toBe(20 + 15);
      const repeated = apply(
        x,
        tf.layers.repeat({
          name: "n",
          layers: [tf.layers.dense({ name: "u", units: 4 }), tf.layers.dense({ name: "v", units: 4 })],
        }),
      );
      expect(
        model(tf, repeated)
          .weights()
          .map((w) => w.name),
      ).toEqual(["u/kernel", "u/bias", "v/kernel", "v/bias"]);
    });
    test("reshape, add_channel, sine positions", () => {
      const tf = facade();
      const x = tf.input({ name: "x", shape: [4, 6] });
      expect(apply(x, tf.layers.addChannel({ name: "a" })).tensor.shape).toEqual([null, 4, 6, 1]);
      expect(apply(x, tf.layers.reshape({ name: "r", targetShape: [-1, 3] })).tensor.shape).toEqual([null, 8, 3]);
      const sines = model(tf, apply(x, tf.layers.position({ name: "p", kind: "sine" }))).predict({
        x: core().zeros([1, 4, 6]),
      }).out!;
      const rows = (sines.arraySync() as number[][][])[0]!;
      near(
        rows[2]!,
        [
          Math.sin(2),
          Math.cos(2),
          Math.sin(2 / 10000 ** (1 / 3)),
          Math.cos(2 / 10000 ** (1 / 3)),
          Math.sin(2 / 10000 ** (2 / 3)),
          Math.cos(2 / 10000 ** (2 / 3)),
        ],
        1e-6,
      );
    });
  });

  describe("randomness", () => {
    const dropping = () => {
      const tf = facade();
      const x = tf.input({ name: "x", shape: [50, 40] });
      return {
        tf,
        m: model(tf, apply(x, tf.layers.dropout({ name: "d", rate: 0.3 }))),
        whole: model(tf, apply(x, tf.layers.spatialDropout1d({ name: "e", rate: 0.3 }))),
      };
    };
    test("dropout: the share, the scale, the same numbers for the same step, none in use", () => {
      const { tf, m, whole } = dropping();
      const x = core().ones([10, 50, 40]);
      const at = (step: number) => {
        tf.setStep(step);
        return Array.from(m.forward({ x }, { training: true }).out!.dataSync());
      };
      const first = at(1);
      expect(first.filter((v) => v === 0).length / first.length).toBeCloseTo(0.3, 1);
      expect(Math.max(...first)).toBeCloseTo(1 / 0.7, 5);
      expect(at(1)).toEqual(first);
      expect(at(2)).not.toEqual(first);
      expect(new Set(run(m, { x }))).toEqual(new Set([1]));
      tf.setStep(1);
      const features = whole.forward({ x }, { training: true }).out!;
      const [low, high] = [core().min(features, 1), core().max(features, 1)].map((t) => Array.from(t.dataSync()));
      expect(low).toEqual(high);
    });
    test("a recurrent layer drops the same features at every step of a row", () => {
      for (const word of ["lstm", "gru"] as const) {
        const tf = facade();
        const x = tf.input({ name: "x", shape: [30, 3] });
        const m = scramble(model(tf, apply(x, tf.layers[word]({ name: "r", units: 2, dropout: 0.5 }))));
        const input = core().variable(numbers([12, 30, 3]));
        const { grads } = core().variableGrads(
          () => core().sum(m.forward({ x: input }, { training: true }).out!) as Scalar,
          [input],
        );
        const used = core().cast(core().notEqual(grads[input.name]!, 0), "float32");
        // Some features are dropped, others not; and where one is, it is at all steps that still count.
        const share = core().mean(used, 1).dataSync();
        expect(share.some((v) => v === 0)).toBe(true);
        expect(share.filter((v) => v !== 0).every((v) => v > 0.9)).toBe(true);
      }
    });
    test("weights: one stream each, so that a new layer changes no other", () => {
      const weights = (extra: boolean) => {
        const tf = facade();
        const x = tf.input({ name: "x", shape: [4] });
        const stages = [
          ...(extra ? [tf.layers.dense({ name: "new", units: 4 })] : []),
          tf.layers.dense({ name: "a", units: 3 }),
        ];
        return Array.from(
          model(tf, apply(x, ...stages))
            .weights()
            .find((w) => w.name === "a/kernel")!
            .variable.dataSync(),
        );
      };
      expect(weights(true)).toEqual(weights(false));
      // Equal on every engine: the numbers themselves.
      near(weights(false).slice(0, 3), DENSE_A, 1e-7);
    });
  });

  test("a training step leaves nothing behind", () => {
    const tf = facade();
    const x = tf.input({ name: "x", shape: [5, 4], masked: true, optional: true });
    const y = tf.input({ name: "y", shape: [6] });
    const a = apply(
      x,
      tf.layers.transformer({ name: "t", layers: 1, heads: 2 }),
      tf.layers.lstm({ name: "l", units: 3, dropout: 0.2 }),
    );
    const b = apply(
      y,
      tf.layers.batchNormalization({ name: "n" }),
      tf.layers.dense({ name: "d", units: 3, activation: "gelu" }),
      tf.layers.dropout({ name: "o", rate: 0.5 }),
    );
    const m = model(tf, apply([a, b], tf.layers.gated({ name: "f", dim: 2 })));
    const feeds = {
      x: numbers([2, 5, 4]),
      "x.mask": mask([
        [1, 1, 0, 0, 0],
        [1, 1, 1, 1, 1],
      ]),
      "x.present": core().tensor1d([1, 0]),
      y: numbers([2, 6]),
    };
    const step = () => {
      const { value, grads } = core().variableGrads(
        () => core().sum(m.forward(feeds, { training: true }).out!) as Scalar,
      );
      core().dispose([value as never, grads as never]);
      core().dispose(m.predict(feeds));
    };
    step();
    const before = core().memory().numTensors;
    for (let i = 0; i < 3; i++) step();
    expect(core().memory().numTensors).toBe(before);
  });
}

/** What seed 5 gives `a/kernel`, [4, 3]: pinned, so that a run can be repeated on another machine and by a later version. */
const DENSE_A = [0.5660837888717651, 0.6967801451683044, -0.3719220459461212];
