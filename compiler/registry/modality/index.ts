/** The kinds of modality, those of later versions included. */
import { plannedWords } from "../define.ts";
import { audio } from "./audio.ts";
import { image } from "./image.ts";
import { asList, type Modality, type ModalityFacts } from "./kind.ts";
import { tabular, vector } from "./numbers.ts";
import { text } from "./text.ts";

export const modalities: readonly Modality[] = [
  text,
  image,
  audio,
  tabular,
  vector,
  ...(plannedWords("modality", "video", "series") as Modality[]),
];

/** Where the value comes from, the first node of its way: `column "report"`, `file "…"`, `5 columns`. */
export function sourceStep(facts: ModalityFacts, kind: string): string {
  const { args, name } = facts;
  if (kind === "tabular") {
    const n = (asList(args.value("numeric")) ?? []).length + (asList(args.value("categorical")) ?? []).length;
    return n === 1 ? "1 column" : `${n} columns`;
  }
  if (args.has("file")) return `file ${JSON.stringify(args.string("file"))}`;
  if (args.has("files")) return `${(args.value("files") as string[]).length} files`;
  if (args.has("columns")) return `${(args.value("columns") as string[]).length} columns`;
  return `column ${JSON.stringify(args.maybeString("column") ?? name)}`;
}

export type { Modality, ModalityFacts, Step } from "./kind.ts";
export { camelCase, camelKeys, itemsOf, secondsOf } from "./kind.ts";
