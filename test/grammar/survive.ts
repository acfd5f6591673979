/**
 * What must hold of any text at all: reading, checking, lowering, drawing and formatting never throw, places lie in the
 * text, and what lowers is a sound graph. And the texts to try it with: specs mangled byte by byte, token by token, and
 * statement by statement. Used by the suite and by scripts/fuzz.mjs.
 */
import fc from "fast-check";
import { compileText } from "../../compiler/compile.ts";
import { emitMermaid } from "../../compiler/emit/mermaid/emit.ts";
import { verify } from "../../compiler/ir/verify.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { applyFixes } from "../../diagnostics/fix.ts";
import { renderPretty } from "../../diagnostics/render.ts";
import { formatText } from "../../grammar/format/format.ts";
import { parse } from "../../grammar/parse.ts";
import { STATEMENT_WORDS, UNITS } from "../../grammar/words.ts";

/** @throws an error that says what did not hold. */
export async function survive(text: string): Promise<void> {
  const file = { path: "a.mmf", text };
  const { ast, diagnostics: read } = parse(file);
  if (ast.kind !== "file") throw new Error("no tree");
  const compiled = await compileText(text, { path: "a.mmf", host: { read: () => undefined } });
  for (const d of [...read, ...compiled.diagnostics]) placed(d, text);
  const shape = { width: 100, color: false, unicode: true } as never;
  renderPretty(compiled.diagnostics, compiled.files, shape);
  applyFixes(text, compiled.diagnostics, "a.mmf");
  for (const { ir } of compiled.models) {
    if (ir === undefined) continue;
    const wrong = verify(ir);
    if (wrong.length > 0) throw new Error(`unsound: ${wrong.join("; ")}`);
    for (const detail of ["overview", "blocks", "full"] as const) emitMermaid(ir, { detail });
  }
  formatText(file);
}

function placed(d: Diagnostic, text: string): void {
  const spans = [d.span, ...d.marks.map((m) => m.span), ...(d.fix?.edits ?? []).map((e) => e.span)];
  for (const { file, start, end } of spans)
    if (file === "a.mmf" && !(start >= 0 && start <= end && end <= text.length))
      throw new Error(`${d.code} is at ${start} to ${end} of ${text.length}`);
  if (d.message === "" || /undefined|\[object|NaN(?! )/.test(d.message.replace(/`[^`]*`|"[^"]*"/g, "")))
    throw new Error(`${d.code} says ${d.message}`);
}

/** Words, signs and slips that a spec may be mangled with. */
export const pieces: readonly string[] = [
  ...STATEMENT_WORDS.map((w) => w.word),
  ...UNITS.map((u) => `3${u.unit}`),
  ...'from over in true false a b 文 é 1 0 -1 1e999 3x3 0x0 1/255 1/0 0.5 .. . -> = : , ? { } ( ) [ ] { } ( ) " \' """ // /* */ # -- ; @ → × ： ， ｛ 。'.split(
    " ",
  ),
  ..."text image audio tabular vector binary multiclass regression dense lstm conv2d embedding flatten repeat residual each concatenate gated add early mid late".split(
    " ",
  ),
  "\n",
  "\r\n",
  '"a"',
  '"{a}"',
  "// mmfc-ignore unused-value: x\n",
  "\u200b",
  "\ud800",
  "\udc00",
  "😀",
  "\\",
  "\ufeff",
  "\0",
];

const put = fc.array(fc.constantFrom(...pieces), { maxLength: 4 });

/** Characters lost, doubled or replaced by any others. */
const byBytes = (texts: readonly string[]): fc.Arbitrary<string> =>
  fc
    .record({
      text: fc.constantFrom(...texts),
      places: fc.array(
        fc.record({ at: fc.nat(), length: fc.nat(8), put: fc.string({ unit: "binary", maxLength: 4 }) }),
        {
          minLength: 1,
          maxLength: 4,
        },
      ),
    })
    .map(({ text, places }) =>
      places.reduce((t, { at, length, put }) => {
        const start = t.length === 0 ? 0 : at % t.length;
        return t.slice(0, start) + put + t.slice(start + length);
      }, text),
    );

const words = /\p{L}[\p{L}\p{N}_]*|[\d.]+\w*|"[^"\n]*"|->|\s+|./gsu;

/** Tokens lost, doubled, swapped, replaced or put in. */
const byTokens = (texts: readonly string[]): fc.Arbitrary<string> =>
  fc
    .record({
      text: fc.constantFrom(...texts),
      changes: fc.array(fc.record({ at: fc.nat(), how: fc.nat(4), other: fc.nat(), put }), {
        minLength: 1,
        maxLength: 4,
      }),
    })
    .map(({ text, changes }) => {
      const tokens = text.match(words) ?? [];
      for (const { at, how, other, put } of changes) {
        if (tokens.length === 0) break;
        const i = at % tokens.length;
        const j = other % tokens.length;
        const token = tokens[i] as string;
        if (how === 0) tokens.splice(i, 1);
        else if (how === 1) tokens.splice(i, 0, token, " ");
        else if (how === 2) [tokens[i], tokens[j]] = [tokens[j] as string, token];
        else if (how === 3) tokens.splice(i, 1, put.join(" "));
        else tokens.splice(i, 0, tokens[j] as string, " ");
      }
      return tokens.join("");
    });

/** Lines and statements lost, doubled, moved, or taken from another spec; a part of the text repeated. */
const byStructure = (texts: readonly string[]): fc.Arbitrary<string> =>
  fc
    .record({
      text: fc.constantFrom(...texts),
      other: fc.constantFrom(...texts),
      changes: fc.array(
        fc.record({ at: fc.nat(), to: fc.nat(), how: fc.nat(4), length: fc.integer({ min: 1, max: 6 }) }),
        { minLength: 1, maxLength: 5 },
      ),
    })
    .map(({ text, other, changes }) => {
      const lines = text.split("\n");
      const others = other.split("\n");
      for (const { at, to, how, length } of changes) {
        if (lines.length === 0) break;
        const i = at % lines.length;
        const part = lines.slice(i, i + length);
        if (how === 0) lines.splice(i, length);
        else if (how === 1) lines.splice(i, 0, ...part);
        else if (how === 2) lines.splice(to % (lines.length + 1), 0, ...lines.splice(i, length));
        else if (how === 3) lines.splice(i, 0, ...others.slice(to % others.length, (to % others.length) + length));
        else lines.splice(i, length, part.join(" "));
      }
      return lines.join("\n");
    });

/** Mangled specs, of all three kinds, and words of the language in any order. */
export function mangled(texts: readonly string[]): fc.Arbitrary<string> {
  const soup = fc.array(fc.constantFrom(...pieces), { maxLength: 60 });
  return fc.oneof(
    { weight: 3, arbitrary: byTokens(texts) },
    { weight: 3, arbitrary: byStructure(texts) },
    { weight: 2, arbitrary: byBytes(texts) },
    { weight: 1, arbitrary: soup.map((list) => list.join(" ")) },
    { weight: 1, arbitrary: soup.map((list) => list.join("")) },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 200 }) },
  );
}
