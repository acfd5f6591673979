/** Shape ops: the numbers stay, their axes change. */

import { near } from "../../../diagnostics/near.ts";
import { isKnown } from "../../types/dim.ts";
import { axis, elements, unmasked, withAxes } from "../../types/type.ts";
import { defineOp, type Op, type StageContext } from "../define.ts";
import { axisNames, needsKnown, wrongRank } from "../problems.ts";

function wrongAxis(
  context: StageContext,
  text: string,
  why: "unknown" | "twice" | { leavesOut: string[] },
  at = context.span,
): undefined {
  const names = axisNames(context.input.type);
  const found = near(text, names);
  return context.fail(
    "axis-names",
    { name: context.input.name, axes: names, text, why, ...(why === "unknown" ? { near: found } : {}) },
    {
      at,
      ...(why === "unknown" && found.kind === "one" && found.distance <= 1
        ? { fix: { title: `write ${found.word}`, edits: [{ span: at, text: found.word }], certain: true } }
        : {}),
    },
  );
}

export const shapeOps: readonly Op[] = [
  defineOp({
    name: "flatten",
    role: "shape",
    doc: "Puts all numbers of a row side by side; masked steps become 0.",
    source: "Keras Flatten",
    example: "chart -> conv2d(32, 3x3) -> flatten",
    params: {},
    infer(context) {
      const { input, origin } = context;
      if (input.type.axes.length <= 1) {
        context.note("no-effect", { text: context.text, why: `\`${input.name}\` is one vector a row` });
        return input.type;
      }
      const pool =
        input.type.axes.length === 2
          ? "global_average_pooling1d"
          : input.type.axes.length === 3
            ? "global_average_pooling2d"
            : undefined;
      for (const a of input.type.axes) if (!needsKnown(context, a, pool)) return undefined;
      return withAxes(input.type, [axis("features", elements(input.type), origin)]);
    },
  }),
  defineOp({
    name: "reshape",
    role: "shape",
    doc: "Gives the numbers of a row new axes, named and in this order; one size may be -1, the rest.",
    source: "Keras Reshape",
    example: "words -> dense(64) -> reshape(height: 8, width: 8)",
    params: {},
    openParams: { doc: "A new axis and its size.", kind: { is: "int", min: -1 } },
    infer(context) {
      const { input, args, origin } = context;
      const wanted = Object.entries(args.plain).map(([name, value]) => ({ name, size: value as number }));
      if (wanted.length === 0)
        return context.fail("missing-parameter", { word: "reshape", needs: ["axes"], write: "height: 8, width: 8" });
      const total = elements(input.type);
      const open = wanted.filter((a) => a.size === -1);
      const fixed = wanted.filter((a) => a.size !== -1).reduce((n, a) => n * a.size, 1);
      if (!isKnown(total)) {
        const unknown = input.type.axes.find((a) => !isKnown(a.size))!;
        return needsKnown(context, unknown) ? undefined : undefined;
      }
      const rest = open.length === 1 ? total / fixed : undefined;
      if (open.length > 1 || fixed === 0 || (rest === undefined ? fixed !== total : !Number.isInteger(rest))) {
        return context.fail("reshape-differs", {
          text: context.text,
          holds: fixed,
          name: input.name,
          has: total,
          from: input.from,
        });
      }
      return withAxes(
        input.type,
        wanted.map((a) => axis(a.name, a.size === -1 ? (rest as number) : a.size, origin)),
      );
    },
    emit: {
      options: ({ output }, expression) => ({
        targetShape: `[${output.axes.map((a) => expression(a.size)).join(", ")}]`,
      }),
    },
  }),
  defineOp({
    name: "permute",
    role: "shape",
    doc: "Puts the axes into another order.",
    source: "Keras Permute",
    example: "sound -> permute(bands, time)",
    params: {},
    words: "axes",
    infer(context) {
      const { input, words = [] } = context;
      const names = axisNames(input.type);
      for (const [i, word] of words.entries()) {
        if (!names.includes(word.text)) return wrongAxis(context, word.text, "unknown", word.span);
        if (words.findIndex((w) => w.text === word.text) < i) return wrongAxis(context, word.text, "twice", word.span);
      }
      const left = names.filter((n) => !words.some((w) => w.text === n));
      if (left.length > 0) return wrongAxis(context, context.text, { leavesOut: left });
      if (words.every((w, i) => w.text === names[i]))
        context.note("no-effect", { text: context.text, why: "the axes are in this order already" });
      return withAxes(
        input.type,
        words.map((w) => input.type.axes[names.indexOf(w.text)]!),
      );
    },
    emit: {
      options: ({ inputs, output }) => ({
        dims: `[${output.axes.map((a) => inputs[0]!.axes.findIndex((b) => b.name === a.name) + 1).join(", ")}]`,
      }),
    },
  }),
  defineOp({
    name: "rename",
    role: "shape",
    doc: "Gives an axis another name; nothing else changes.",
    example: "notes -> rename(items: tokens)",
    params: {},
    words: "renames",
    infer(context) {
      const { input, words = [] } = context;
      const names = axisNames(input.type);
      if (words.length === 0)
        return context.fail("missing-parameter", {
          word: "rename",
          needs: ["an axis"],
          write: `${names[0] ?? "old"}: new`,
        });
      for (const word of words) {
        if (!names.includes(word.text)) return wrongAxis(context, word.text, "unknown", word.span);
        const others = names.filter((n) => n !== word.text);
        if (word.to !== undefined && others.includes(word.to)) return wrongAxis(context, word.to, "twice", word.span);
      }
      const renamed = input.type.axes.map((a) => ({ ...a, name: words.find((w) => w.text === a.name)?.to ?? a.name }));
      return withAxes(input.type, renamed);
    },
    emit: { factory: null },
  }),
  defineOp({
    name: "add_channel",
    role: "shape",
    doc: "Adds a channel axis of size 1, so that a sequence of vectors can be read as a picture.",
    example: "sound -> add_channel -> conv2d(32, 3x3)",
    params: {},
    infer(context) {
      const { input, origin } = context;
      if (input.type.axes.length !== 2) return wrongRank(context, ["two axes"], {});
      return withAxes(input.type, [...unmasked(input.type.axes), axis("channels", 1, origin)]);
    },
  }),
  defineOp({
    name: "last_step",
    role: "shape",
    doc: "Keeps the last step of a sequence that is not masked.",
    example: "report -> embedding(64) -> gru(64, return_sequences: true) -> last_step",
    params: {},
    infer(context) {
      const { input } = context;
      if (input.type.axes.length !== 2) return wrongRank(context, ["steps", "features"], {});
      const c = input.type.axes[1]!;
      return withAxes(input.type, [axis("features", c.size, c.origin)]);
    },
  }),
];
