/**
 * Which boxes a model has, in which order and column: groups become boxes, many equal branches become one stacked branch.
 * Knows the IR's groups; knows no labels and no picture format.
 */
import { countWeights } from "../../ir/cost.ts";
import type { FlowGroup, Group, Model } from "../../ir/ir.ts";
import { isFlow } from "../../ir/ir.ts";
import { add, type Dim } from "../../types/dim.ts";
import { isOptional, printType } from "../../types/type.ts";
import type { Detail } from "./diagram.ts";

export interface Box {
  /** Of the group; of the first group of a stacked branch. */
  readonly id: string;
  readonly group: Group;
  /** Undefined for a flow written inside a fusion. */
  readonly name?: string;
  /** The boxes it reads, in the order written, each once. */
  readonly sources: readonly Source[];
  readonly weights: Dim;
  /** The groups drawn as this one, itself among them. */
  readonly members: readonly Group[];
  /** Columns from the left, from 0. */
  readonly column: number;
}

export interface Source {
  readonly box: string;
  /** The value that flows along the arrow. */
  readonly value: string;
}

/** More branches than this, equal but for their names, are drawn as one. */
const maxBranches = 12;

/** Boxes in the order of the file. `full` takes an auxiliary head on the other side of its fusion (see `beside`). */
export function boxesOf(model: Model, detail: Detail): Box[] {
  const producer = producersOf(model.groups);
  const sourcesOf = (group: Group): readonly string[] => (isFlow(group) ? group.sources : []);
  const stacks = stacksOf(model, producer);
  const drawnAs = new Map<string, string>();
  for (const [first, members] of stacks) for (const member of members) drawnAs.set(member.id, first);

  const drawn = model.groups.filter((group) => (drawnAs.get(group.id) ?? group.id) === group.id);
  const sources = new Map<string, Source[]>();
  for (const group of drawn) {
    const found: Source[] = [];
    for (const value of sourcesOf(group)) {
      const from = producer.get(value)?.id;
      if (from === undefined) continue;
      const box = drawnAs.get(from) ?? from;
      if (!found.some((source) => source.box === box)) found.push({ box, value });
    }
    sources.set(group.id, found);
  }

  const order = orderOf(drawn, sources, detail);
  const columns = new Map<string, number>();
  for (const group of order) {
    columns.set(
      group.id,
      Math.max(-1, ...(sources.get(group.id) ?? []).map((source) => columns.get(source.box) ?? 0)) + 1,
    );
  }
  const last = Math.max(0, ...order.filter(isFlow).map((group) => columns.get(group.id) ?? 0)) + 1;

  return order.map((group) => {
    const members = stacks.get(group.id) ?? [group];
    const name = nameOf(members);
    return {
      id: group.id,
      group,
      ...(name === undefined ? {} : { name }),
      sources: sources.get(group.id) ?? [],
      weights:
        members.length > 1 ? add(...members.map((member) => countWeights(model, member))) : countWeights(model, group),
      members,
      column: group.kind === "target" ? last : (columns.get(group.id) ?? 0),
    };
  });
}

/** `s1 … s20` for a stacked branch. */
function nameOf(members: readonly Group[]): string | undefined {
  const name = (group: Group | undefined) =>
    group && (!isFlow(group) || group.name !== undefined) ? group.id : undefined;
  const first = name(members[0]);
  return first !== undefined && members.length > 1 ? `${first} … ${name(members[members.length - 1])}` : first;
}

function producersOf(groups: readonly Group[]): Map<string, Group> {
  const producer = new Map<string, Group>();
  for (const group of groups) {
    if (group.kind !== "target") producer.set(group.id, group);
    if (isFlow(group) && group.calls.length > 0 && !producer.has(group.out)) producer.set(group.out, group);
  }
  return producer;
}

/** Modalities, encoders, fusions, heads, targets, each in source order, but sources before users. */
function orderOf(groups: readonly Group[], sources: ReadonlyMap<string, readonly Source[]>, detail: Detail): Group[] {
  const byId = new Map(groups.map((group) => [group.id, group]));
  const order: Group[] = [];
  const placed = new Set<string>();
  const place = (group: Group) => {
    if (placed.has(group.id)) return;
    placed.add(group.id);
    for (const source of sources.get(group.id) ?? []) {
      const from = byId.get(source.box);
      if (from) place(from);
    }
    for (const head of beside.get(group.id)?.before ?? []) place(head);
    order.push(group);
    for (const head of beside.get(group.id)?.after ?? []) place(head);
  };
  const beside = auxiliaries(groups, sources, detail);
  const isInline = (group: Group) => isFlow(group) && group.name === undefined;
  for (const kind of ["modality", "encoder", "fusion", "head", "target"] as const) {
    const attached = new Set([...beside.values()].flatMap(({ before, after }) => [...before, ...after]));
    for (const group of groups) if (group.kind === kind && !isInline(group) && !attached.has(group)) place(group);
  }
  // What nothing reads was left out by the lowering; a flow inside a fusion always has its reader.
  for (const group of groups) place(group);
  return order;
}

/**
 * dagre keeps the order of the file from top to bottom, but would draw an auxiliary head's arrow through the fusion: the
 * head stands before the fusion if its encoder is in the first half of the fusion's sources, else after it. Mermaid takes
 * subgraphs in reverse, so `full` does the opposite.
 */
function auxiliaries(groups: readonly Group[], sources: ReadonlyMap<string, readonly Source[]>, detail: Detail) {
  const beside = new Map<string, { before: Group[]; after: Group[] }>();
  for (const group of groups) {
    if (group.kind !== "head" || !group.head?.auxiliary) continue;
    const encoder = sources.get(group.id)?.[0]?.box;
    const fusion = groups.find(
      (other) => other.kind === "fusion" && sources.get(other.id)?.some(({ box }) => box === encoder),
    );
    if (!fusion) continue;
    const around = sources.get(fusion.id) ?? [];
    const isUpper = around.findIndex(({ box }) => box === encoder) < around.length / 2;
    const places = beside.get(fusion.id) ?? { before: [], after: [] };
    (isUpper === (detail !== "full") ? places.before : places.after).push(group);
    beside.set(fusion.id, places);
  }
  return beside;
}

/** First group of each stacked level → all groups of that level. */
function stacksOf(model: Model, producer: ReadonlyMap<string, Group>): Map<string, Group[]> {
  const users = new Map<string, number>();
  for (const group of model.groups) {
    if (!isFlow(group)) continue;
    for (const value of new Set(group.sources)) {
      const from = producer.get(value)?.id;
      if (from !== undefined) users.set(from, (users.get(from) ?? 0) + 1);
    }
  }
  const stacks = new Map<string, Group[]>();
  for (const reader of model.groups) {
    if (!isFlow(reader) || reader.sources.length <= maxBranches) continue;
    const alike = new Map<string, Group[][]>();
    for (const value of reader.sources) {
      const chain = chainOf(value, producer, users);
      if (!chain) continue;
      const key = JSON.stringify(chain.map((group) => signature(model, group, chain)));
      alike.set(key, [...(alike.get(key) ?? []), chain]);
    }
    for (const chains of alike.values()) {
      if (chains.length <= maxBranches) continue;
      for (const [level, first] of (chains[0] as Group[]).entries()) {
        stacks.set(
          first.id,
          chains.map((chain) => chain[level] as Group),
        );
      }
    }
  }
  return stacks;
}

/** From a modality to the value, where each is read by the next alone. */
function chainOf(
  value: string,
  producer: ReadonlyMap<string, Group>,
  users: ReadonlyMap<string, number>,
): Group[] | undefined {
  const group = producer.get(value);
  if (!group || users.get(group.id) !== 1) return undefined;
  if (!isFlow(group)) return group.kind === "modality" ? [group] : undefined;
  if (group.kind === "fusion" || group.sources.length !== 1) return undefined;
  const before = chainOf(group.sources[0] as string, producer, users);
  return before ? [...before, group] : undefined;
}

/** Everything drawn of a group but its names: strings and the names of its branch are blanked. */
function signature(model: Model, group: Group, chain: readonly Group[]): unknown {
  const names = new RegExp(
    `(?<![\\p{L}\\p{N}_])(?:${chain.map((each) => each.id).join("|")})(?![\\p{L}\\p{N}_])`,
    "gu",
  );
  const blank = (text: string) => text.replace(/"(?:[^"\\]|\\.)*"/g, '""').replace(names, "@");
  if (isFlow(group))
    return [
      group.kind,
      flowSignature(model, group).map(blank),
      group.head ?? null,
      group.frozen ?? false,
      group.shared ?? "",
    ];
  const steps = group.steps.map((step) => [
    blank(step.text),
    blank(step.type ?? ""),
    step.fitted ?? false,
    step.trainingOnly ?? false,
  ]);
  if (group.kind === "target") return [group.target, steps];
  return [group.modality, group.items ?? 0, blank(printType(group.type)), isOptional(group.type), steps];
}

function flowSignature(model: Model, group: FlowGroup): string[] {
  return group.calls.map((call) => {
    const value = model.values[call.out];
    return value ? `${call.text} ${printType(value.type)}` : call.text;
  });
}
