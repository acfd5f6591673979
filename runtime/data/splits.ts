/**
 * Who is in which part: random (also stratified), in order, by time with an embargo, by group, by column, by file. Pure
 * functions over what each row is; shares count rows; what belongs together is never parted.
 */
import type { PartName, SplitPlan } from "../../plan/plan.ts";
import { createRandom, permutation, shuffle } from "./random.ts";

/** What a split may need to know of the rows; arrays by row. */
export interface SplitRows {
  /** Rows that take part, ascending. */
  readonly rows: Int32Array;
  /** A number that grows with time; rows with the same one are never parted. */
  readonly time?: Float64Array;
  /** Number of the row's group. */
  readonly group?: Int32Array;
  /** Label of `stratify`, or of a target, by row. */
  readonly stratum?: Int32Array;
  /** Part of the row's label or file, as a number into `partNames`; -1: none. */
  readonly part?: Int8Array;
  /** Value of `apart`. */
  readonly apart?: Int32Array;
  /** `time: row`: an embargo counts rows. */
  readonly timeIsRow?: boolean;
}

export interface SplitResult {
  readonly train: Int32Array;
  readonly validation: Int32Array;
  readonly test: Int32Array;
  /** Rows left out by the embargo and by `apart`, by the part they would have been in. */
  readonly embargoed: number;
  readonly apart: number;
}

/** The parts, in the order of their numbers. */
export const partNames: readonly PartName[] = ["train", "validation", "test"];

/** Splits rows. `moment` turns a first day as written into the numbers of `time`. */
export function splitRows(plan: SplitPlan, data: SplitRows, moment: (day: string) => number): SplitResult {
  const none = { embargoed: 0, apart: 0 };
  switch (plan.by) {
    case "random":
      return { ...byOrder(data.rows, strata(data, plan.seed), plan), ...none };
    case "in_order":
      return { ...byOrder(data.rows, undefined, plan), ...none };
    case "time":
      return byTime(plan, data, moment);
    case "group":
      return { ...byGroup(data.rows, data.group!, plan, plan.seed), ...none };
    case "column":
    case "file": {
      const share = typeof plan.validation === "number" ? plan.validation : 0;
      const pick = (part: number): Int32Array => data.rows.filter((row) => data.part![row] === part);
      const given = { train: pick(0), validation: pick(1), test: pick(2) };
      return { ...withShare(given, share, data, plan.seed), ...none };
    }
  }
}

type Parts = Pick<SplitResult, PartName>;

/** Sizes of the parts: rounded so that they add up to the rows that the shares cover. */
export function partSizes(
  n: number,
  shares: { readonly train: number; readonly validation: number; readonly test: number },
): [number, number, number] {
  const total = shares.train + shares.validation + shares.test;
  // Shares that add up to 1 use every row; fewer leave the last rows out.
  const all = total > 1 - 1e-9 ? n : Math.round(n * total);
  const train = Math.min(all, Math.round(n * shares.train));
  const validation =
    shares.test === 0
      ? shares.validation === 0
        ? 0
        : all - train
      : Math.min(all - train, Math.round(n * shares.validation));
  const test = shares.test === 0 ? 0 : all - train - validation;
  // Without validation and test, rounding must not lose a row.
  return shares.validation === 0 && shares.test === 0 ? [all, 0, 0] : [train, validation, test];
}

/** An order in which every stretch holds its share of each stratum, or, without strata, a random order. */
function strata(data: SplitRows, seed: number): Int32Array {
  const random = createRandom(seed, 101);
  const shuffled = permutation(data.rows.length, random);
  if (data.stratum === undefined) return shuffled;
  const stratum = data.stratum;
  // Rows without a label, -1, are a stratum of their own.
  const of = (at: number): number => stratum[data.rows[at]!]! + 1;
  let most = -1;
  for (let i = 0; i < shuffled.length; i++) most = Math.max(most, of(i));
  const counts = new Int32Array(most + 1);
  for (const at of shuffled) counts[of(at)]!++;
  // The i-th of k rows of a stratum stands at (i + ½) / k; each stratum is thus spread evenly over the order.
  const seen = new Int32Array(most + 1);
  const keys = Float64Array.from(shuffled, (at) => (seen[of(at)]!++ + 0.5) / counts[of(at)]!);
  const order = Int32Array.from(shuffled, (_, tie) => tie).sort((a, b) => keys[a]! - keys[b]! || a - b);
  return order.map((tie) => shuffled[tie]!);
}

function byOrder(
  rows: Int32Array,
  order: Int32Array | undefined,
  shares: { train: number; validation: number; test: number },
): Parts {
  const [train, validation, test] = partSizes(rows.length, shares);
  const pick = (start: number, count: number): Int32Array =>
    Int32Array.from({ length: count }, (_, i) => rows[order === undefined ? start + i : order[start + i]!]!).sort();
  return { train: pick(0, train), validation: pick(train, validation), test: pick(train + validation, test) };
}

function byGroup(
  rows: Int32Array,
  group: Int32Array,
  shares: { train: number; validation: number; test: number },
  seed: number,
): Parts {
  const groups = groupsOf(rows, group);
  const order = shuffle([...groups.keys()], createRandom(seed, 102));
  const total = shares.train + shares.validation + shares.test;
  const all = total > 1 - 1e-9 ? rows.length : rows.length * total;
  const ends = [shares.train, shares.train + shares.validation, total].map((share) => (share / total) * all);
  const taken: number[][] = [[], [], []];
  const sizes = [0, 0, 0];
  let count = 0;
  let part = 0;
  for (const key of order) {
    const size = groups.get(key)!;
    // A group goes where its middle lies, so that the parts come as near to their shares as whole groups can.
    while (part < 2 && (count + size / 2 > ends[part]! || partShare(shares, part) === 0)) part++;
    if (partShare(shares, part) === 0 || count >= all) break;
    taken[part]!.push(key);
    sizes[part]! += size;
    count += size;
  }
  fillEmpty(taken, sizes, shares, groups);
  const partOf = new Map<number, number>();
  for (const [i, keys] of taken.entries()) for (const key of keys) partOf.set(key, i);
  const pick = (wanted: number): Int32Array => rows.filter((row) => partOf.get(group[row]!) === wanted);
  return { train: pick(0), validation: pick(1), test: pick(2) };
}

const partShare = (shares: { train: number; validation: number; test: number }, part: number): number =>
  shares[partNames[part]!];

/** Rows of each group, in the order of their first rows. */
function groupsOf(rows: Int32Array, group: Int32Array): Map<number, number> {
  const sizes = new Map<number, number>();
  for (const row of rows) sizes.set(group[row]!, (sizes.get(group[row]!) ?? 0) + 1);
  return sizes;
}

/** A part with a share but no group takes the smallest one of the largest part, if that has several. */
function fillEmpty(
  taken: number[][],
  sizes: number[],
  shares: { train: number; validation: number; test: number },
  groups: ReadonlyMap<number, number>,
): void {
  for (const part of [0, 1, 2]) {
    if (partShare(shares, part) === 0 || taken[part]!.length > 0) continue;
    const from = [0, 1, 2].reduce((a, b) => (sizes[b]! > sizes[a]! ? b : a));
    const there = new Set(taken[from]);
    // Of equally small groups the one whose first row comes first.
    const keys = [...groups.keys()].filter((key) => there.has(key));
    if (keys.length < 2) continue;
    const smallest = keys.reduce((a, b) => (groups.get(b)! < groups.get(a)! ? b : a));
    taken[from] = taken[from]!.filter((key) => key !== smallest);
    taken[part] = [smallest];
    sizes[from]! -= groups.get(smallest)!;
    sizes[part] = groups.get(smallest)!;
  }
}

/** Takes a share of the training rows for validation: the latest with time, whole groups with group, else at random, by stratum. */
function withShare(all: Parts, share: number, data: SplitRows, seed: number): Parts {
  if (share === 0) return all;
  const shares = { train: 1 - share, validation: share, test: 0 };
  const inner: SplitRows = { ...data, rows: all.train };
  let taken: Parts;
  if (data.time !== undefined) {
    taken = byTime({ by: "time", ...shares }, inner, Number);
  } else if (data.group !== undefined) taken = byGroup(all.train, data.group, shares, seed);
  else taken = byOrder(all.train, strata(inner, seed), shares);
  return { ...all, train: taken.train, validation: taken.validation };
}

function byTime(
  plan: Extract<SplitPlan, { by: "time" }>,
  data: SplitRows,
  moment: (day: string) => number,
): SplitResult {
  const time = data.time!;
  const order = data.rows.slice().sort((a, b) => time[a]! - time[b]! || a - b);
  const n = order.length;
  const used = partNames.filter((part) => plan[part] !== 0);
  // Where each part begins, in the order of time.
  const begins: number[] = [];
  const shared = used.every((part) => typeof plan[part] === "number");
  if (shared) {
    const [train, validation] = partSizes(n, {
      train: Number(plan.train),
      validation: Number(plan.validation),
      test: Number(plan.test),
    });
    const at = { train: 0, validation: train, test: train + validation };
    for (const part of used) begins.push(wholeMoment(order, time, at[part]));
  } else {
    for (const [i, part] of used.entries()) {
      const day = plan[part];
      if (i === 0 && typeof day === "number") begins.push(0);
      else if (typeof day === "number") {
        // A share beside first days counts all rows, up to the next first day.
        begins.push(wholeMoment(order, time, Math.max(begins[i - 1]!, Math.round(n * (1 - day)))));
      } else {
        const first = moment(day);
        let at = 0;
        while (at < n && time[order[at]!]! < first) at++;
        begins.push(at);
      }
    }
  }
  const total = shared ? Number(plan.train) + Number(plan.validation) + Number(plan.test) : 1;
  const end = total > 1 - 1e-9 ? n : wholeMoment(order, time, Math.round(n * total));
  const none = new Int32Array(0);
  const members: Record<PartName, Int32Array> = { train: none, validation: none, test: none };
  let embargoed = 0;
  for (const [i, part] of used.entries()) {
    const from = begins[i]!;
    const to = i + 1 < used.length ? begins[i + 1]! : end;
    let rows = order.slice(from, to);
    // The end of an earlier part would look into the later one.
    if (plan.embargo !== undefined && i + 1 < used.length && to < n) {
      const next = time[order[to]!]!;
      const kept =
        data.timeIsRow === true
          ? rows.slice(0, Math.max(0, rows.length - plan.embargo))
          : rows.filter((row) => time[row]! < next - plan.embargo!);
      embargoed += rows.length - kept.length;
      rows = kept;
    }
    members[part] = rows;
  }
  let left = 0;
  if (plan.apart !== undefined && data.apart !== undefined) {
    for (const [i, part] of used.entries()) {
      const later = new Set<number>();
      for (const one of used.slice(i + 1)) for (const row of members[one]) later.add(data.apart[row]!);
      const kept = members[part].filter((row) => !later.has(data.apart![row]!));
      left += members[part].length - kept.length;
      members[part] = kept;
    }
  }
  return {
    train: members.train.slice().sort(),
    validation: members.validation.slice().sort(),
    test: members.test.slice().sort(),
    embargoed,
    apart: left,
  };
}

/** The nearest place in the order that does not part rows of one moment. */
function wholeMoment(order: Int32Array, time: Float64Array, at: number): number {
  if (at <= 0 || at >= order.length) return Math.max(0, Math.min(at, order.length));
  const moment = time[order[at]!]!;
  if (time[order[at - 1]!]! !== moment) return at;
  let before = at;
  while (before > 0 && time[order[before - 1]!]! === moment) before--;
  let after = at;
  while (after < order.length && time[order[after]!]! === moment) after++;
  return at - before <= after - at && before > 0 ? before : after;
}
