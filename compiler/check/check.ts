/** Checks a whole file: every model it declares, the blocks it ships, and the comments that silence messages. */
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { SourceFile } from "../../diagnostics/span.ts";
import type { Model } from "../../grammar/ast.ts";
import type { CheckedDefinition, CheckedModel } from "./checked.ts";
import { createSession, type Session } from "./context.ts";
import { applyIgnores, type Ignore } from "./ignore.ts";
import { checkLets } from "./lets.ts";
import { link } from "./link.ts";
import { type Host, load, type Unit } from "./load.ts";
import { checkModel } from "./model.ts";

export interface CheckedFile {
  readonly unit: Unit;
  readonly files: Map<string, SourceFile>;
  readonly diagnostics: Diagnostic[];
  /** In file order; a model with errors has no `checked`. */
  readonly models: readonly { readonly name: string; readonly checked?: CheckedModel }[];
  /** Comments that silence messages; those about the data come later. */
  readonly ignores: readonly Ignore[];
}

export function checkFile(path: string, text: string, host: Host, version: string): CheckedFile {
  const files = new Map<string, SourceFile>();
  const diagnostics: Diagnostic[] = [];
  const session = createSession(version, files, (d) => diagnostics.push(d));
  const unit = load(path, text, host, session, (d) => diagnostics.push(d));
  const unreadable = diagnostics.filter((d) => d.severity === "error");

  const models: { name: string; checked?: CheckedModel }[] = [];
  const said = new Set(diagnostics.map(keyOf));
  /** Names that a model lacks: what derives from it lacks them, too, and does not say so again. */
  const lacks = new Map<string, Set<string>>();
  for (const model of unit.ast.models) {
    if (!model.name) continue;
    let errors = 0;
    const missing = new Set<string>();
    lacks.set(model.name.text, missing);
    const counting: Session = createSession(version, files, (d) => {
      if (d.severity === "error") errors++;
      // what a used file should know about itself is said when that file is checked
      else if (d.span.file !== path) return;
      const key = keyOf(d);
      if (d.code === "unknown-name") {
        const text = files.get(d.span.file)?.text.slice(d.span.start, d.span.end) ?? "";
        missing.add(text);
        if (lacks.get(model.base?.text ?? "")?.has(text)) return;
      }
      if (!said.has(key)) diagnostics.push(d);
      said.add(key);
    });
    const linked = link(unit, model, counting);
    if (linked.baseless) {
      models.push({ name: model.name.text });
      continue;
    }
    const outcome = checkModel(linked, counting);
    if (errors === 0) checkLets(linked, counting);
    const readable = !unreadable.some((d) => concerns(d, model, unit));
    const clean = errors === 0 && !linked.broken && readable && outcome.model !== undefined;
    models.push({
      name: model.name.text,
      ...(clean ? { checked: withFloors(outcome.model!, outcome.state, linked, counting) } : {}),
    });
  }
  for (const compare of unit.ast.compares) {
    if (!compare.broken)
      session.say("not-here-yet", compare.wordSpan, { version, word: "compare", use: [], mild: true });
  }
  return { unit, files, models, ...applyIgnores(files.get(path)!, unit.ast, diagnostics) };
}

/** One message of a code at a place, however many models derive from the one it stands in. */
function keyOf({ code, span }: Diagnostic): string {
  return `${code} ${span.start} ${span.end} ${span.file}`;
}

/** Whether an error of reading is one of a model: not where it stands in another model that this one does not derive from. */
function concerns({ span }: Diagnostic, model: Model, unit: Unit): boolean {
  const within = unit.ast.models.find(
    (m) => m.span.file === span.file && span.start >= m.span.start && span.end <= m.span.end,
  );
  if (within === undefined) return true;
  const way = new Set<Model>();
  for (let m: Model | undefined = model; m !== undefined && !way.has(m); m = unit.models.get(m.base?.text ?? ""))
    way.add(m);
  return way.has(within);
}

/** The reduced models of `only(x)`: the same statements, checked again with the other modalities left out. */
function withFloors(
  model: CheckedModel,
  state: { definitions: ReadonlyMap<string, CheckedDefinition> },
  linked: ReturnType<typeof link>,
  session: Session,
): CheckedModel {
  const baselines =
    (model.evaluate.args.value("baselines") as readonly { word: string; args: { modality?: string } }[] | undefined) ??
    [];
  const floors = new Map<string, readonly CheckedDefinition[]>();
  for (const { word, args } of baselines) {
    if (word !== "only" || args.modality === undefined) continue;
    if (!model.modalities.some((m) => m.name === args.modality)) continue;
    const quiet = createSession(session.version, session.files as Map<string, SourceFile>, () => undefined);
    const reduced = checkModel(linked, quiet, { keep: new Set([args.modality]), whole: state.definitions });
    if (reduced.model?.definitions.some((d) => d.head)) floors.set(`only(${args.modality})`, reduced.model.definitions);
  }
  return { ...model, floors };
}
