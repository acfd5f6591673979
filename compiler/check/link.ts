/**
 * `model B from A`: A's statements with B's changes (language.md, section 2). What B says replaces or extends what A
 * says; a target that gets a head in B loses A's other heads. What nothing needs any more is found by the checker,
 * which knows what is used; here it is only marked as inherited.
 */

import { near } from "../../diagnostics/near.ts";
import type {
  Block,
  Compare,
  Declaration,
  Definition,
  Let,
  Model,
  Name,
  Props,
  Section,
  Statement,
} from "../../grammar/ast.ts";
import { printRef } from "../../grammar/print.ts";
import { visit } from "../../grammar/visit.ts";
import { ops } from "../registry/index.ts";
import type { Session } from "./context.ts";
import { nearFix } from "./fixes.ts";
import { blocksOf, modelsOf, type Unit } from "./load.ts";

export interface Linked<S extends Statement = Statement> {
  readonly statement: S;
  /** From the model this one derives from, unchanged. */
  readonly inherited: boolean;
  /** It changes a statement of the model this one derives from. */
  readonly changed: boolean;
}

export interface LinkedModel {
  readonly name: Name;
  readonly model: Model;
  readonly doc?: string;
  readonly base?: string;
  readonly sections: ReadonlyMap<string, Linked<Section>>;
  readonly declarations: readonly Linked<Declaration>[];
  readonly definitions: readonly Linked<Definition>[];
  /** Declarations and definitions by their name. */
  readonly named: ReadonlyMap<string, Linked<Declaration> | Linked<Definition>>;
  readonly lets: readonly Linked<Let>[];
  readonly compares: readonly Linked<Compare>[];
  readonly blocks: ReadonlyMap<string, Block>;
  /** What it derives from is not known, so nothing can be said of it. */
  readonly baseless: boolean;
  /** The model it derives from is checked in the same file. */
  readonly baseHere: boolean;
  /** A file that it uses is not there, or something in its file could not be read: a block may be missing for that. */
  readonly incomplete: boolean;
  /** A statement is broken: what is missing may be in it. */
  readonly broken: boolean;
  /** A statement was left out because its name was taken. */
  readonly dropped: boolean;
  /** Names that statements of different kinds declare. */
  readonly twice: ReadonlySet<string>;
}

/** Properties of A with those of B put over them, in A's order. */
function mergeProps(a: Props | undefined, b: Props | undefined): Props | undefined {
  if (!a || !b) return b ?? a;
  const entries = a.entries.flatMap((entry) => {
    const changed = b.entries.filter((x) => x.key.text === entry.key.text);
    return changed.length > 0 ? changed : [entry];
  });
  const added = b.entries.filter((x) => !a.entries.some((entry) => entry.key.text === x.key.text));
  return { entries: [...entries, ...added], span: b.span };
}

const keyOf = (s: Statement): string | undefined => (s.kind === "section" ? s.word : s.name?.text);

/** What a statement replaces: a section its section, another one what has its name. */
const placeKey = (s: Statement): string => `${s.kind === "section" ? "section" : "named"} ${keyOf(s) ?? ""}`;

function merge(a: Statement, b: Statement): Statement {
  if (a.kind === "section" && b.kind === "section")
    return { ...b, props: mergeProps(a.props, b.props), broken: a.broken || b.broken };
  if (
    a.kind === "declaration" &&
    b.kind === "declaration" &&
    a.word === b.word &&
    a.type?.name.text === b.type?.name.text
  ) {
    return { ...b, doc: b.doc ?? a.doc, props: mergeProps(a.props, b.props) };
  }
  if (a.kind === "definition" && b.kind === "definition" && a.word === b.word) {
    const sameKind = a.type?.name.text === b.type?.name.text || !a.type || !b.type;
    return { ...b, doc: b.doc ?? a.doc, ...(sameKind ? { props: mergeProps(a.props, b.props) } : {}) };
  }
  return b;
}

/** What a kind of statement is called in messages, with its article. */
export function nounOf(s: { kind: string; word?: string; name?: unknown }): string {
  const word = s.kind === "section" ? `${s.word} section` : (s.word ?? (s.kind === "let" ? "constant" : s.kind));
  return `${/^[aeiou]/.test(word) ? "an" : "a"} ${word}`;
}

/** Every bare name in a statement but that of the statement itself. */
export function namesIn(statement: Statement): Set<string> {
  const names = new Set<string>();
  visit(statement, (node) => {
    if ("kind" in node && node.kind === "call") names.add(printRef(node.ref));
    if ("kind" in node && node.kind === "call" && node.ref.parts.length > 1) names.add(node.ref.parts[0]!.text);
  });
  if (statement.kind === "definition" && statement.type) names.add(statement.type.name.text);
  return names;
}

/** So many models may derive from each other in a row. */
const MOST_IN_A_ROW = 100;

/** Models as bases of others: silent, so that they are the same for all that derive from them. */
const bases = new WeakMap<Model, LinkedModel>();

export function link(unit: Unit, model: Model, session: Session, way: readonly string[] = []): LinkedModel {
  const name: Name = model.name ?? { text: "model", span: model.span };
  let statements: Linked[] = [];
  let base: LinkedModel | undefined;
  // of `model B of A` it is not known what it derives from
  let baseless = model.broken && !model.base;
  let blocks = new Map(blocksOf(unit, model));

  if (model.base) {
    const from = modelsOf(unit, model);
    const parent = from.get(model.base.text);
    if (way.length >= MOST_IN_A_ROW) {
      baseless = true;
      const has = `more than ${MOST_IN_A_ROW} models that derive from each other in a row`;
      const first = unit.ast.models.find((m) => m.name !== undefined)?.name?.span ?? model.span;
      session.say("spec-too-large", first, { path: first.file, has, most: String(MOST_IN_A_ROW) }, { help: null });
    } else if (way.includes(name.text)) {
      const names = [...new Set([...way, name.text])];
      baseless = true;
      // said once: at the model of the circle that stands first
      const circle = names.slice(names.indexOf(name.text));
      const first = unit.ast.models.find((m) => circle.includes(m.name?.text ?? ""));
      if (first === undefined || first.name?.text === way[way.indexOf(name.text)])
        session.say("name-cycle", model.base.span, {
          names,
          cycle: [...names.slice(names.indexOf(name.text)), name.text]
            .map((n, i, all) => (i + 1 < all.length ? `${n} from ${all[i + 1]}` : ""))
            .filter(Boolean)
            .join(", "),
        });
    } else if (!parent) {
      baseless = true;
      const found = near(
        model.base.text,
        [...from.keys()].filter((n) => n !== name.text),
      );
      if (found.kind !== "none" || !unit.incomplete)
        session.say(
          "unknown-name",
          model.base.span,
          { owner: model.base.span.file, kind: "model", text: model.base.text, near: found },
          nearFix(model.base.span, found),
        );
    } else {
      // What is wrong in the base is said there, not once more here.
      base =
        bases.get(parent) ??
        link(
          unit,
          parent,
          {
            ...session,
            say:
              way.length > 0 || parent !== model
                ? (code, span, facts, extras) =>
                    code === "name-cycle" || code === "spec-too-large"
                      ? session.say(code, span, facts, extras)
                      : undefined
                : session.say,
          },
          [...way, name.text],
        );
      if (!base.baseless) bases.set(parent, base);
      const inherit = (s: Linked): Linked => ({ statement: s.statement, inherited: true, changed: false });
      statements = [...base.sections.values(), ...base.declarations, ...base.definitions, ...base.lets].map(inherit);
      blocks = new Map([...base.blocks, ...blocks]);
    }
  }

  const positions = new Map(statements.map((s, i) => [placeKey(s.statement), i]));
  const own = new Map<string, Statement>();
  let dropped = base?.dropped ?? false;
  const twice = new Set<string>(base?.twice);
  const compares: Linked<Compare>[] = [];
  for (const statement of model.statements) {
    if (statement.kind === "compare") {
      compares.push({ statement, inherited: false, changed: false });
      continue;
    }
    if (statement.kind === "block") {
      if (!statement.name) continue;
      const before = blocks.get(statement.name.text);
      if (before && model.statements.includes(before)) {
        session.say(
          "duplicate-name",
          statement.name.span,
          { name: statement.name.text, kind: "a block", place: session.place(before.name!.span, statement.name.span) },
          { marks: [{ span: before.name!.span, style: "-" }] },
        );
        continue;
      }
      if (ops.has(statement.name.text)) session.say("hidden-op", statement.name.span, { name: statement.name.text });
      blocks.set(statement.name.text, statement);
      continue;
    }
    const key = keyOf(statement);
    if (key === undefined) continue;
    const before = own.get(key);
    // of a statement that is not understood, its name may not be either
    if (before && (statement.broken || before.broken)) {
      dropped = true;
      if (statement.broken) continue;
    }
    const at = statement.kind === "section" ? statement.wordSpan : statement.name!.span;
    if (before && !before.broken && !(before.kind === "section" && statement.kind !== "section")) {
      const where = before.kind === "section" ? before.wordSpan : before.name!.span;
      dropped = true;
      if (
        before.kind !== statement.kind ||
        (before as { word?: string }).word !== (statement as { word?: string }).word
      )
        twice.add(key);
      session.say(
        "duplicate-name",
        at,
        { name: key, kind: nounOf(before), place: session.place(where, at) },
        { marks: [{ span: where, style: "-" }] },
      );
      continue;
    }
    own.set(key, statement);
    const position = positions.get(placeKey(statement));
    if (position !== undefined)
      statements[position] = {
        // a broken one of this model is replaced, one of the model it derives from changed
        statement: before ? statement : merge(statements[position]!.statement, statement),
        inherited: false,
        changed: true,
      };
    else {
      positions.set(placeKey(statement), statements.length);
      statements.push({ statement, inherited: false, changed: base !== undefined });
    }
  }

  // A target that gets a head in B loses A's other heads.
  const taken = new Set(
    [...own.values()].flatMap((s) =>
      s.kind === "definition" && s.word === "head" && s.type ? [s.type.name.text] : [],
    ),
  );
  statements = statements.filter(
    ({ statement, inherited }) =>
      !(
        inherited &&
        statement.kind === "definition" &&
        statement.word === "head" &&
        statement.type &&
        taken.has(statement.type.name.text)
      ),
  );

  const of = <S extends Statement>(kind: S["kind"]): Linked<S>[] =>
    statements.filter((s) => s.statement.kind === kind) as Linked<S>[];
  const named = new Map<string, Linked<Declaration> | Linked<Definition>>();
  for (const s of [...of<Declaration>("declaration"), ...of<Definition>("definition")])
    if (s.statement.name && !named.has(s.statement.name.text)) named.set(s.statement.name.text, s);
  return {
    name,
    model,
    ...(model.doc !== undefined ? { doc: model.doc } : base?.doc !== undefined ? { doc: base.doc } : {}),
    ...(base ? { base: base.name.text } : {}),
    sections: new Map(of<Section>("section").map((s) => [s.statement.word, s])),
    declarations: of<Declaration>("declaration"),
    definitions: of<Definition>("definition"),
    named,
    lets: of<Let>("let"),
    compares,
    blocks,
    baseHere: base !== undefined && base.model.span.file === model.span.file,
    baseless: baseless || (base?.baseless ?? false),
    incomplete: unit.incomplete || (base?.incomplete ?? false),
    dropped,
    twice,
    broken: model.broken || !model.closed || model.statements.some((s) => s.broken) || (base?.broken ?? false),
  };
}
