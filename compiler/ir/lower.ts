/** From a checked model to the IR: layers and calls in groups, plans as plain data. Says nothing; what is wrong was said. */
import { positionAt, type SourceFile, type Span } from "../../diagnostics/span.ts";
import { printProperty } from "../../grammar/print.ts";
import type { CheckedDefinition, CheckedModality, CheckedModel, CheckedTarget } from "../check/checked.ts";
import { type Group, irVersion, type Model, type ReducedModel } from "./ir.ts";
import { lowerModality, lowerTarget } from "./lower-data.ts";
import { lowerDefinition } from "./lower-definitions.ts";
import type { Building } from "./lower-stages.ts";
import { lowerData, lowerEvaluation, lowerTraining } from "./plans.ts";

export function lower(model: CheckedModel, files: ReadonlyMap<string, SourceFile>): Model {
  const place = (span: Span) => ({
    file: span.file,
    line: files.has(span.file) ? positionAt(files.get(span.file)!, span.start).line : 1,
  });
  const { values, layers, groups } = lowerGraph(model, model.definitions, model.modalities, model.targets);
  const floors: { [floor: string]: ReducedModel } = {};
  for (const [floor, definitions] of model.floors) {
    const kept = model.modalities.filter((m) => floor === `only(${m.name})`);
    floors[floor] = lowerGraph(model, definitions, kept, model.targets);
  }
  const places: { [id: string]: { file: string; line: number } } = {};
  for (const group of groups) places[group.id] = place(group.origin);
  const changed = [...model.modalities, ...model.targets, ...model.definitions]
    .filter((x) => x.changed)
    .map((x) => x.name);
  const sections = [model.data, model.train, model.evaluate].flatMap((s) =>
    s.statement?.props && s.statement.props.entries.length > 0
      ? [{ word: s.word, text: s.statement.props.entries.map(printProperty).join(", ") }]
      : [],
  );
  return {
    version: irVersion,
    name: model.name,
    ...(model.base === undefined ? {} : { base: { name: model.base, changed } }),
    ...(model.doc === undefined ? {} : { doc: model.doc }),
    spec: model.file.slice(model.file.lastIndexOf("/") + 1),
    values,
    layers,
    groups,
    data: lowerData(model),
    training: lowerTraining(model, groups, layers),
    evaluation: lowerEvaluation(model),
    sections,
    ...(Object.keys(floors).length > 0 ? { floors } : {}),
    places,
  };
}

function lowerGraph(
  model: CheckedModel,
  definitions: readonly CheckedDefinition[],
  modalities: readonly CheckedModality[],
  targets: readonly CheckedTarget[],
): ReducedModel {
  const building: Building = {
    values: {},
    layers: {},
    shared: new Map(),
    definitions: new Map(definitions.map((d) => [d.name, d])),
    same: new Map(),
  };
  const heads = definitions.filter((d) => d.head);
  const fed = new Set(heads.flatMap((h) => h.head!.members ?? []));
  const groups: Group[] = [
    ...modalities.map((m) => lowerModality(building, m)),
    ...definitions.flatMap((d) => lowerDefinition(building, d, model, fed)),
    ...targets.filter((t) => heads.some((h) => h.head!.target === t.name)).map(lowerTarget),
  ];
  return { values: building.values, layers: building.layers, groups };
}
