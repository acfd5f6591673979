/**
 * Text: tokens by a vocabulary fitted on training rows; ids, or a row of the vocabulary's width (multi_hot, count, tf_idf
 * as scikit-learn's: smooth idf, rows of length one), spread out only when a batch is made.
 */
import type { TextPlan } from "../../plan/plan.ts";
import type { FittedModality } from "./batch.ts";
import { isEmpty, listOf, naSet } from "./cells.ts";
import { lookInto } from "./inspect-media.ts";
import { columnsThere, type MediaCells, scanMedia } from "./media-cells.ts";
import { createFaults } from "./media-faults.ts";
import { filesOf, usedItems } from "./media-items.ts";
import { checkSignal, type Feed, type ModalityReader, pause, type Workplace } from "./modality.ts";
import { rowList } from "./rows.ts";
import { createStore, type Store } from "./store.ts";
import { readText, worded } from "./text-file.ts";
import {
  countTokens,
  createTokenizer,
  mostFrequent,
  padInto,
  segmentationOf,
  type TokenizerSettings,
} from "./tokenize.ts";

interface TextState {
  readonly tokenizer: TokenizerSettings;
  /** Words of rows 2, 3 … */
  readonly words: readonly string[];
  /** Rows of weights. */
  readonly rows: number;
  /** tf_idf: by row of weights. */
  readonly idf?: readonly number[];
}

const mostWords = 20_000;

export function textReader(name: string, plan: TextPlan, place: Workplace): ModalityReader {
  const fromFiles = plan.file !== undefined || plan.files !== undefined;
  const columns = plan.columns ?? [plan.column ?? name];
  const several = plan.count !== undefined || plan.columns !== undefined || plan.files !== undefined;
  const width = plan.count ?? (plan.files ?? plan.columns)?.length ?? 1;
  const na = naSet(plan.na);
  let files: MediaCells | undefined;
  const forgiving = plan.optional === true || plan.missing !== undefined;
  // Items whose files cannot be read, which was said: they are as if they were not there.
  const unread = new Set<number>();

  /** Looks into the files of rows; what is wrong with them is said once. */
  const lookAtFiles = async (cells: MediaCells, rows: Int32Array): Promise<void> => {
    const faults = createFaults(name, plan, cells, place);
    const { used } = usedItems(cells, rows);
    const fine = new Set<number>();
    await lookInto(name, cells, used, place, faults, {
      kind: forgiving ? "texts that may be empty" : plan.tokenizer === "characters" ? "texts of signs" : "texts",
      width: 4,
      async judge(item) {
        const text = await readText(item.file);
        if (!forgiving && !worded(text, plan.tokenizer)) throw new Error(text.trim() === "" ? "empty" : "no words");
        return {};
      },
      fine: (item) => fine.add(item),
    });
    for (const item of used) if (!fine.has(item)) unread.add(item);
    faults.report();
  };

  /** Visits the texts of the rows wanted, `width` a row; undefined where there is none. */
  const visit = async (
    wanted: Uint8Array | undefined,
    each: (row: number, texts: (string | undefined)[]) => void,
  ): Promise<void> => {
    if (files !== undefined) {
      for (let row = 0; row < place.table.rows; row++) {
        if (wanted !== undefined && wanted[row] === 0) continue;
        if (row % 64 === 63) await pause();
        checkSignal(place.signal);
        const texts: (string | undefined)[] = [];
        for (let k = 0; k < width; k++) {
          const item = files.of[row * width + k]!;
          texts.push(item < 0 || unread.has(item) ? undefined : await readText(files.items[item]!.file));
        }
        each(row, texts);
      }
      return;
    }
    await place.table.visit(columns, (cells, start) => {
      checkSignal(place.signal);
      const rows = cells[0]?.length ?? 0;
      for (let i = 0; i < rows; i++) {
        const row = start + i;
        if (wanted !== undefined && wanted[row] === 0) continue;
        let texts: (string | undefined)[] = cells.map((column) =>
          isEmpty(column[i], na) ? undefined : (column[i] as string),
        );
        if (plan.count !== undefined && columns.length === 1 && texts[0] !== undefined) {
          const list = listOf(texts[0]);
          if (list !== undefined) texts = list.map((one) => (one === null ? undefined : String(one)));
        }
        each(row, texts.slice(0, width));
      }
    });
  };

  return {
    async scan() {
      if (fromFiles) {
        files = await scanMedia(name, plan, place);
        return files.present;
      }
      const present = new Uint8Array(place.table.rows);
      const property = plan.columns !== undefined ? "columns" : "column";
      if (!columnsThere(name, plan, columns, property, place)) return present;
      const empty = rowList();
      await visit(undefined, (row, texts) => {
        const some = texts.some((text) => text !== undefined && worded(text, plan.tokenizer));
        if (some) present[row] = 1;
        else if (!forgiving) empty.add(() => place.table.row(row, texts[0] === undefined ? {} : { value: texts[0] }));
      });
      if (empty.count > 0) {
        const column = columns[0]!;
        place.problems.add(
          "empty-cell",
          { statement: name, property, column },
          { rows: empty.count, column, of: "text" },
          empty,
        );
      }
      return present;
    },
    ...(fromFiles
      ? {
          async inspect(rows: Int32Array) {
            await lookAtFiles(files!, rows);
            return filesOf(files!, usedItems(files!, rows).used);
          },
        }
      : {
          async inspect(rows: Int32Array, train: Int32Array) {
            if (!columns.every((column) => place.table.has(column))) return 0;
            const learnt = marked(sampleOf(train), place.table.rows);
            const tokenize = createTokenizer(await ownTokenizer(plan, visit, learnt));
            const lengths: number[] = [];
            await visit(marked(sampleOf(rows), place.table.rows), (_, texts) => {
              for (const text of texts) if (text !== undefined) lengths.push(tokenize(text).length);
            });
            noteCut(name, plan, place, lengths);
            return 0;
          },
        }),
    async prepare(rows, train, fitted) {
      if (files !== undefined) await lookAtFiles(files, rows);
      const made = fitted ?? (await fitText(name, plan, place, width, several, visit, train));
      const state = made.state as TextState;
      const wanted = new Uint8Array(place.table.rows);
      const slots = new Int32Array(place.table.rows).fill(-1);
      rows.forEach((row, i) => {
        wanted[row] = 1;
        slots[row] = i;
      });
      const tokenize = createTokenizer(state.tokenizer);
      const ids = new Map(state.words.map((word, i) => [word, i + 2]));
      const length = plan.tokens;
      const writer = createStore("i32", rows.length, [width * length], place.aside);
      const lengths: number[] = [];
      await visit(wanted, (row, texts) => {
        const out = new Int32Array(width * length);
        texts.forEach((text, k) => {
          if (text === undefined) return;
          const tokens = tokenize(text).map((token) => ids.get(token) ?? 1);
          lengths.push(tokens.length);
          padInto(out, k * length, tokens, length, plan.pad);
        });
        writer.write(slots[row]!, out);
      });
      noteCut(name, plan, place, lengths);
      return { fitted: made, feed: textFeed(plan, state, width, several, slots, await writer.finish()) };
    },
  };
}

/** A look counts the tokens of so many texts at most, evenly spread. */
const mostCounted = 20_000;

function sampleOf(rows: Int32Array): Int32Array {
  const every = Math.ceil(rows.length / mostCounted);
  return every <= 1 ? rows : rows.filter((_, i) => i % every === 0);
}

/** 1 for the rows given, by table row. */
function marked(rows: Int32Array, all: number): Uint8Array {
  const marks = new Uint8Array(all);
  for (const row of rows) marks[row] = 1;
  return marks;
}

function noteCut(name: string, plan: TextPlan, place: Workplace, lengths: number[]): void {
  const cut = lengths.reduce((sum, length) => sum + (length > plan.tokens ? 1 : 0), 0);
  if (lengths.length === 0 || cut / lengths.length < 0.25) return;
  lengths.sort((a, b) => a - b);
  const enough = lengths[Math.min(lengths.length - 1, Math.ceil(lengths.length * 0.95) - 1)]!;
  place.notes.push({
    code: "text-cut",
    about: { statement: name, property: "tokens" },
    facts: { name, tokens: plan.tokens, part: cut / lengths.length, enough },
  });
}

type Visit = (
  wanted: Uint8Array | undefined,
  each: (row: number, texts: (string | undefined)[]) => void,
) => Promise<void>;

async function fitText(
  name: string,
  plan: TextPlan,
  place: Workplace,
  width: number,
  several: boolean,
  visit: Visit,
  train: Int32Array,
): Promise<FittedModality> {
  const wanted = marked(train, place.table.rows);
  const shared = plan.shares === undefined ? undefined : (place.fittedOf(plan.shares)?.state as TextState | undefined);
  if (plan.shares !== undefined && shared === undefined)
    throw new Error(`\`${name}\` shares the vocabulary of \`${plan.shares}\`, which is not read`);
  const segment = shared?.tokenizer.segment;
  const tokenizer: TokenizerSettings =
    shared === undefined
      ? await ownTokenizer(plan, visit, wanted)
      : { tokenizer: plan.tokenizer, lower: plan.lower, ...(segment === undefined ? {} : { segment }) };
  let words = shared?.words;
  let rows = shared?.rows ?? 0;
  const tokenize = createTokenizer(tokenizer);
  if (words === undefined) {
    const counts = new Map<string, number>();
    await visit(wanted, (_, texts) => {
      for (const text of texts) if (text !== undefined) countTokens(counts, tokenize(text));
    });
    rows = plan.vocabulary ?? Math.min(counts.size + 2, mostWords);
    words = mostFrequent(counts, rows);
  }
  let idf: number[] | undefined;
  if (plan.output === "tf_idf") {
    const ids = new Map(words.map((word, i) => [word, i + 2]));
    const documents = new Float64Array(rows);
    let n = 0;
    await visit(wanted, (_, texts) => {
      for (const text of texts) {
        if (text === undefined) continue;
        n++;
        for (const id of new Set(tokenize(text).map((token) => ids.get(token) ?? 1))) documents[id]!++;
      }
    });
    // scikit-learn: ln((1 + n) / (1 + df)) + 1
    idf = Array.from(documents, (df) => Math.log((1 + n) / (1 + df)) + 1);
  }
  const inner = plan.output === "ids" ? plan.tokens : rows;
  return {
    shape: several ? [width, inner] : [inner],
    dtype: plan.output === "ids" ? "int32" : "float32",
    vocabulary: rows,
    state: { tokenizer, words, rows, ...(idf === undefined ? {} : { idf }) } satisfies TextState,
  };
}

/** How texts are cut into tokens, where no other text decides it: by the language given, or by what training rows are in. */
async function ownTokenizer(plan: TextPlan, visit: Visit, train: Uint8Array): Promise<TokenizerSettings> {
  const { tokenizer, lower, language } = plan;
  if (tokenizer !== "words") return { tokenizer, lower };
  const samples: string[] = [];
  if (language === undefined) {
    await visit(train, (_, texts) => {
      if (samples.length < 2000) for (const text of texts) if (text !== undefined) samples.push(text);
    });
  }
  const segment = segmentationOf(language, samples);
  return { tokenizer, lower, ...(segment === undefined ? {} : { segment }) };
}

function textFeed(
  plan: TextPlan,
  state: TextState,
  width: number,
  several: boolean,
  slots: Int32Array,
  store: Store,
): Feed {
  const length = plan.tokens;
  const inner = plan.output === "ids" ? length : state.rows;
  return {
    shape: several ? [width, inner] : [inner],
    dtype: plan.output === "ids" ? "int32" : "float32",
    ...(several ? { mask: width } : {}),
    async fill(rows, out, mask) {
      const get = await store.gather(Int32Array.from(rows, (row) => slots[row]!));
      for (let i = 0; i < rows.length; i++) {
        const ids = get(i) as Int32Array;
        for (let k = 0; k < width; k++) {
          const item = ids.subarray(k * length, (k + 1) * length);
          const at = (i * width + k) * inner;
          if (mask !== undefined && item.some((id) => id !== 0)) mask[i * width + k] = 1;
          if (plan.output === "ids") out.set(item, at);
          else spreadOut(item, plan.output, state, out as Float32Array, at);
        }
      }
    },
    close: () => store.close(),
  };
}

/** Ids of a row as counts over the vocabulary. */
function spreadOut(
  ids: Int32Array,
  output: "multi_hot" | "count" | "tf_idf",
  state: TextState,
  out: Float32Array,
  at: number,
): void {
  for (const id of ids) {
    if (id === 0) continue;
    if (output === "multi_hot") out[at + id] = 1;
    else out[at + id]! += 1;
  }
  if (output !== "tf_idf") return;
  let squares = 0;
  for (let w = 0; w < state.rows; w++) {
    const value = out[at + w]! * state.idf![w]!;
    out[at + w] = value;
    squares += value * value;
  }
  if (squares > 0) for (let w = 0; w < state.rows; w++) out[at + w]! /= Math.sqrt(squares);
}
