/** Values made of other values: calls of the language's words, and lists. What is wrong inside is said once it is sure what was meant. */

import { foreignWord } from "../../diagnostics/foreign.ts";
import { near } from "../../diagnostics/near.ts";
import type { Span } from "../../diagnostics/span.ts";
import type { Value } from "../../grammar/ast.ts";
import { printValue } from "../../grammar/print.ts";
import type { ArgValue, ParamKind } from "../registry/define.ts";
import { standIns, wordsOf } from "../registry/index.ts";
import { checkArguments } from "./arguments.ts";
import { lookUp, type Session } from "./context.ts";
import { nearFix, writing } from "./fixes.ts";
import { bareName } from "./kinds.ts";
import { type Converted, tryOut, type ValueContext } from "./values.ts";

/** Several items of a list that lack their quotes, or have them: one mistake, one message. */
function quotedAlike(items: readonly Value[], kind: ParamKind, context: ValueContext): Converted | undefined {
  const inner = kind.is === "either" ? kind.kinds : [kind];
  const what = inner
    .map((k) =>
      k.is === "column"
        ? "a column"
        : k.is === "path" || k.is === "template"
          ? "a path"
          : k.is === "string"
            ? k.what
            : undefined,
    )
    .find((w) => w !== undefined);
  if (what === undefined) return undefined;
  const bare = items.filter((i) => bareName(i) && !lookUp(context.scope, bareName(i)!.text));
  if (bare.length < 2) return undefined;
  const edits = bare.map((i) => ({ span: i.span, text: JSON.stringify(bareName(i)!.text) }));
  return {
    wrong: {
      closeness: 2,
      say: () =>
        context.session.say(
          "text-or-name",
          bare[0]!.span,
          { text: bareName(bare[0]!)!.text, kind: what, quotes: "in" },
          {
            marks: bare.slice(1).map((i) => ({ span: i.span, style: "^" as const })),
            fix: { title: "put them in quotes", edits, certain: true },
          },
        ),
    },
  };
}

export function convertList(items: readonly Value[], kind: ParamKind, name: string, context: ValueContext): Converted {
  const alike = quotedAlike(items, kind, context);
  if (alike) return alike;
  const values: ArgValue[] = [];
  const wrongs: NonNullable<Converted["wrong"]>[] = [];
  const seen = new Map<string, Span>();
  for (const item of items) {
    const result = tryOut(item, kind, name, context);
    if (result.wrong) wrongs.push(result.wrong);
    const text = printValue(item);
    const before = seen.get(text);
    if (before) {
      wrongs.push({
        closeness: 4,
        say: () =>
          context.session.say(
            "given-twice",
            item.span,
            { text, place: context.session.place(before, item.span) },
            {
              marks: [{ span: before, style: "-" }],
              // with the comma before it; both are equal, so either may go
              fix: {
                title: "remove it",
                edits: [{ span: { ...item.span, start: items[items.indexOf(item) - 1]!.span.end }, text: "" }],
                certain: true,
              },
            },
          ),
      });
    } else seen.set(text, item.span);
    if (result.value !== undefined && !before) values.push(result.value);
  }
  if (wrongs.length === 0) return { value: values };
  return {
    value: values,
    wrong: {
      closeness: 4,
      say: () => {
        for (const w of wrongs) w.say();
      },
    },
  };
}

export function notHere(
  word: string,
  span: Span,
  context: ValueContext,
  use: readonly string[] = standIns[word] ?? [],
): Converted {
  return {
    wrong: {
      closeness: 6,
      say: () =>
        context.session.say("not-here-yet", span, { version: context.session.version, word, use, mild: context.mild }),
    },
  };
}

/** A word that is none of the legal ones: another library's, or near one. */
export function unknownWord(
  text: string,
  span: Span,
  legal: readonly string[],
  name: string,
  context: ValueContext,
  role?: string,
): Converted {
  const foreign = foreignWord(text, legal);
  const found = near(text, legal);
  return {
    wrong: {
      // a word far from all of them was rather meant as a path or a column
      closeness: foreign || found.kind !== "none" ? 4 : 1.5,
      say: () => {
        if (foreign) {
          context.session.say(
            "foreign-word",
            span,
            { text, write: foreign },
            foreign.same ? writing(span, foreign.write) : {},
          );
        } else {
          context.session.say(
            "unknown-choice",
            span,
            { name, choices: legal, text, near: found, ...(role === undefined ? {} : { role }) },
            nearFix(span, found),
          );
        }
      },
    },
  };
}

export function convertCall(
  value: Value,
  kind: Extract<ParamKind, { is: "call" }>,
  name: string,
  context: ValueContext,
  wrongKind: () => Converted,
): Converted {
  const words = wordsOf(kind.roles);
  const legal = [...words.values()].filter((e) => !e.later).map((e) => e.name);
  if (value.kind === "string") {
    const entry = words.get(value.value);
    if (entry && !entry.later) {
      return {
        wrong: {
          closeness: 2,
          say: () =>
            context.session.say(
              "text-or-name",
              value.span,
              { text: value.value, kind: "a word of the language", quotes: "without" },
              writing(value.span, value.value),
            ),
        },
      };
    }
    const isWord = foreignWord(value.value, legal) !== undefined || near(value.value, legal).kind !== "none";
    return isWord ? unknownWord(value.value, value.span, legal, name, context, kind.roles[0]) : wrongKind();
  }
  if (value.kind !== "flow" || value.calls.length !== 1) return wrongKind();
  const call = value.calls[0]!;
  const word = call.ref.parts.map((p) => p.text).join(".");
  const entry = words.get(word);
  if (!entry) {
    const wrong = unknownWord(word, call.ref.span, legal, name, context, kind.roles[0]);
    // A call, or a word near a legal one, is nearer to this kind than to a path or a column without its quotes.
    const close =
      call.args !== undefined || near(word, legal).kind !== "none" || foreignWord(word, legal) !== undefined;
    return { wrong: { closeness: close ? 4 : 1.5, say: wrong.wrong!.say } };
  }
  if (entry.later) return notHere(word, call.ref.span, context);
  // The arguments are checked once the word is known to be meant; messages wait until it is sure.
  const said: (() => void)[] = [];
  const quiet: Session = {
    ...context.session,
    say: (code, span, facts, extras) => said.push(() => context.session.say(code, span, facts, extras)),
  };
  const args = checkArguments(
    entry,
    (call.args ?? []).map((a) => ({ key: a.key, value: a.value, span: a.span })),
    { ...context, session: quiet },
    call.ref.span,
  );
  const result: ArgValue = { word, args: args.plain };
  if (said.length === 0) return { value: result };
  return {
    value: result,
    ...(said.length > 0
      ? {
          wrong: {
            closeness: 6,
            say: () => {
              for (const f of said) f();
            },
          },
        }
      : {}),
  };
}
