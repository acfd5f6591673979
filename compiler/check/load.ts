/**
 * From a file to what it declares: parses it and the files it uses, and says what is declared twice or not there. A
 * `use` brings in what that file itself declares; paths start at the folder of the file that names them.
 */

import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { near, oneNear } from "../../diagnostics/near.ts";
import type { SourceFile, Span } from "../../diagnostics/span.ts";
import type { Block, File, Model, Name } from "../../grammar/ast.ts";
import { parse } from "../../grammar/parse.ts";
import { ops } from "../registry/index.ts";
import type { Session } from "./context.ts";
import { writing } from "./fixes.ts";

/** Where text comes from; paths are as the user would type them. */
export interface Host {
  /** The text of a file, the reason why it has none, or undefined if it is not there. */
  read(path: string): string | { readonly at: (span: Span) => Diagnostic } | undefined;
  /** Names in a folder, for "did you mean". */
  list?(folder: string): readonly string[];
}

/** What a file and the files it uses declare. */
export interface Unit {
  readonly path: string;
  readonly ast: File;
  readonly models: ReadonlyMap<string, Model>;
  readonly blocks: ReadonlyMap<string, Block>;
  /** Some of it could not be read, or a file it uses is not there. */
  readonly incomplete: boolean;
  /** The files it uses, by path. */
  readonly used: ReadonlyMap<string, Unit>;
}

export const folderOf = (path: string): string => path.slice(0, path.lastIndexOf("/") + 1);

/** `a/../b` is `b`; keeps a leading `../`. */
export function joinPath(folder: string, path: string): string {
  if (path.startsWith("/")) return path;
  const parts: string[] = [];
  for (const part of `${folder}${path}`.split("/")) {
    if (part === "." || (part === "" && parts.length > 0)) continue;
    if (part === ".." && parts.length > 0 && parts[parts.length - 1] !== "..") parts.pop();
    else parts.push(part);
  }
  return parts.join("/");
}

/** So many files may use each other in a row. */
const MOST_IN_A_ROW = 100;

export function load(path: string, text: string, host: Host, session: Session, sink: (d: Diagnostic) => void): Unit {
  const loaded: Loaded = { units: new Map(), tooLong: false };
  const unit = loadFile({ path, text }, host, session, sink, [path], loaded);
  const first = unit.ast.uses.find((use) => use.path !== undefined);
  if (loaded.tooLong && first?.path !== undefined) {
    const has = `more than ${MOST_IN_A_ROW} files that use each other in a row`;
    session.say("spec-too-large", first.path.span, { path, has, most: String(MOST_IN_A_ROW) }, { help: null });
  }
  return unit;
}

/** Files that were read, each once however often it is used. */
interface Loaded {
  readonly units: Map<string, Unit>;
  tooLong: boolean;
}

function loadFile(
  file: SourceFile,
  host: Host,
  session: Session,
  sink: (d: Diagnostic) => void,
  way: readonly string[],
  loaded: Loaded,
): Unit {
  session.files.set(file.path, file);
  const { ast, diagnostics } = parse(file);
  for (const d of diagnostics) sink(d);
  const models = new Map<string, Model>();
  const blocks = new Map<string, Block>();
  const units = new Map<string, Unit>();
  let incomplete = diagnostics.some((d) => d.severity === "error");
  const first = new Map<string, { name: Name; kind: string }>();

  /** `at`: where to say it, if the name stands in another file. */
  const declare = (name: Name | undefined, kind: string, add: () => void, at = name?.span): void => {
    if (!name) return;
    const before = first.get(name.text);
    if (before) {
      incomplete = true;
      session.say(
        "duplicate-name",
        at!,
        { name: name.text, kind: before.kind, place: session.place(before.name.span, at!) },
        { marks: before.name.span.file === at!.file ? [{ span: before.name.span, style: "-" }] : [] },
      );
      return;
    }
    first.set(name.text, { name, kind });
    add();
  };

  for (const use of ast.uses) {
    if (!use.path) continue;
    const path = joinPath(folderOf(file.path), use.path.value);
    const before = ast.uses.find((u) => u.path && joinPath(folderOf(file.path), u.path.value) === path)!;
    if (before !== use) {
      session.say(
        "given-twice",
        use.path.span,
        { text: JSON.stringify(use.path.value), place: session.place(before.span, use.span) },
        {
          marks: [{ span: before.path!.span, style: "-" }],
          fix: { title: "remove it", edits: [{ span: use.span, text: "" }], certain: true },
        },
      );
      continue;
    }
    if (way.includes(path)) {
      session.say("name-cycle", use.path.span, {
        names: [path],
        cycle: [...way.slice(way.indexOf(path)), path].join(" -> "),
      });
      continue;
    }
    if (way.length >= MOST_IN_A_ROW) {
      loaded.tooLong = true;
      incomplete = true;
      continue;
    }
    const text = loaded.units.has(path) ? "" : host.read(path);
    if (text === undefined) {
      incomplete = true;
      const there = (host.list?.(folderOf(path)) ?? []).filter((name) => name.endsWith(".mmf"));
      const folder = use.path.value.slice(0, use.path.value.lastIndexOf("/") + 1);
      const found = near(
        use.path.value,
        there
          .map((name) => `${folder}${name}`)
          // neither the file itself nor one that is on the way to it
          .filter((name) => name !== use.path?.value && !way.includes(joinPath(folderOf(file.path), name))),
      );
      session.say(
        "source-missing",
        use.path.span,
        {
          path,
          columns: false,
          base: folderOf(file.path) || "./",
          severe: true,
          ...(found.kind === "one" ? { near: found } : {}),
        },
        oneNear(found) ? writing(use.path.span, JSON.stringify(found.word)) : {},
      );
      continue;
    }
    if (typeof text !== "string") {
      incomplete = true;
      sink(text.at(use.path.span));
      continue;
    }
    // What a used file says about itself is said when that file is checked; here only its declarations count.
    const silent = { ...session, say: () => undefined };
    const used =
      loaded.units.get(path) ?? loadFile({ path, text }, host, silent, () => undefined, [...way, path], loaded);
    loaded.units.set(path, used);
    const at = use.path.span;
    for (const model of used.ast.models) declare(model.name, "a model", () => models.set(model.name!.text, model), at);
    for (const block of used.ast.blocks) declare(block.name, "a block", () => blocks.set(block.name!.text, block), at);
    units.set(path, used);
  }
  for (const model of ast.models) declare(model.name, "a model", () => models.set(model.name!.text, model));
  for (const block of [...ast.blocks, ...ast.models.flatMap((m) => m.statements.filter((s) => s.kind === "block"))])
    parametersOnce(block, session);
  for (const block of ast.blocks) {
    declare(block.name, "a block", () => blocks.set(block.name!.text, block));
    if (block.name && ops.has(block.name.text)) session.say("hidden-op", block.name.span, { name: block.name.text });
  }
  return { path: file.path, ast, models, blocks, incomplete, used: units };
}

/** `block conv(channels, channels)`. */
function parametersOnce(block: Block, session: Session): void {
  const seen = new Map<string, Name>();
  for (const { name } of block.params) {
    const before = seen.get(name.text);
    if (before) {
      session.say(
        "duplicate-name",
        name.span,
        { name: name.text, kind: "an argument of this block", place: session.place(before.span, name.span) },
        { marks: [{ span: before.span, style: "-" }] },
      );
    } else seen.set(name.text, name);
  }
}

/** The blocks that a model sees: those of the file that declares it, and what that file uses. */
export function blocksOf(unit: Unit, model: Model): ReadonlyMap<string, Block> {
  return model.span.file === unit.path ? unit.blocks : (unit.used.get(model.span.file)?.blocks ?? unit.blocks);
}

/** The models that a model can derive from, in its own file. */
export function modelsOf(unit: Unit, model: Model): ReadonlyMap<string, Model> {
  return model.span.file === unit.path ? unit.models : (unit.used.get(model.span.file)?.models ?? unit.models);
}
