/**
 * What a program asks about the data that its network is built for: sizes that only the training rows could tell.
 */
import type { FittedData } from "../data/batch.ts";

/** Sizes found by fitting on the training rows. An unknown name throws: the program and the fitted data belong together. */
export interface Fitted {
  /** Size of the last axis of a modality: the columns of a tabular one, the bands of a sound. */
  features(modality: string): number;
  /** Rows of the embedding of a text. */
  vocabulary(modality: string): number;
  /** Classes of a target (two for a binary one), labels of a multilabel one, columns of a regression. */
  classes(target: string): number;
  /** Size of the first axis after the batch: frames of a sound, tokens of a text. */
  time(modality: string): number;
  /** A size by its symbol as the IR prints it: `sheet.features`, `digit.classes`, `report.vocabulary`, `call.time`. */
  size(symbol: string): number;
}

/** Answers from fitted data (`preprocess.json`). */
export function createFitted(data: FittedData): Fitted {
  const modality = (name: string) => {
    const found = data.modalities[name];
    if (!found)
      throw new Error(
        `The fitted data have no modality ${name}; they have ${Object.keys(data.modalities).join(", ")}.`,
      );
    return found;
  };
  const fitted: Fitted = {
    features: (name) => known(modality(name).shape.at(-1), `${name}.features`),
    vocabulary: (name) => known(modality(name).vocabulary, `${name}.vocabulary`),
    time: (name) => known(modality(name).shape[0], `${name}.time`),
    classes: (name) => {
      const target = data.targets[name];
      if (!target)
        throw new Error(`The fitted data have no target ${name}; they have ${Object.keys(data.targets).join(", ")}.`);
      return known((target.classes ?? target.columns)?.length, `${name}.classes`);
    },
    size: (symbol) => {
      const dot = symbol.lastIndexOf(".");
      const name = symbol.slice(0, dot);
      switch (symbol.slice(dot + 1)) {
        case "classes":
        case "columns":
        case "labels":
          return fitted.classes(name);
        case "vocabulary":
          return fitted.vocabulary(name);
        case "time":
        case "tokens":
        case "items":
        case "length":
          return fitted.time(name);
        case "features":
        case "bands":
        case "channels":
        case "dim":
          return fitted.features(name);
        default:
          throw new Error(`The fitted data cannot say the size ${symbol}.`);
      }
    },
  };
  return fitted;
}

function known(size: number | undefined, symbol: string): number {
  if (size === undefined) throw new Error(`The fitted data do not say the size ${symbol}.`);
  return size;
}
