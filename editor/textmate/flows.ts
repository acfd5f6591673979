/**
 * Rules of what stands within statements: flows, arguments, properties and lists, where the parameter decides which words are known.
 */
import type { Role } from "../../compiler/registry/define.ts";
import { STAGE_ROLES, type Vocabulary } from "../vocabulary.ts";
import {
  as,
  before,
  brackets,
  colon,
  include,
  keyAhead,
  known,
  listOf,
  name,
  type Rule,
  sign,
  statement,
  statementOrClose,
  word,
} from "./patterns.ts";

/** Rules of flows: values, arrows, stages, the sources of a fusion. */
export function flows(words: Vocabulary): { [name: string]: Rule } {
  // words with dots: a value of another model, a metric of a head
  const path = String.raw`${before}${name}(?:\s*\.(?!\.)\s*${name})*`;
  const begins = (begin: string, scope: string, end: string, capture: string): Rule => ({
    begin,
    // behind `->` at the end of a line the op stands on a later one, perhaps behind a comment
    end: String.raw`${statement}|(${end})|(?=[^\s/\p{L}_])|(?=/[^/*])`,
    beginCaptures: { 0: as(scope) },
    endCaptures: { 1: { patterns: include(capture) } },
    patterns: include("comments"),
  });
  return {
    flow: {
      patterns: include("strings", "numbers", "booleans", "arrow", "firstStage", "stage", "arguments", "separators"),
    },
    arrow: begins("->|→", "keyword.operator.arrow", before + name, "stage"),
    firstValue: begins("=", "keyword.operator.assignment", path, "path"),
    firstStage: begins("=", "keyword.operator.assignment", before + name, "stage"),
    firstFusion: {
      begin: "=",
      end: String.raw`(?<=\))|(?=->|→|\{)|${statementOrClose}`,
      beginCaptures: { 0: as("keyword.operator.assignment") },
      patterns: [
        ...include("comments"),
        ...known(words, ["fusion", "late"]),
        { match: before + name, name: "entity.name.function.mmf" },
        ...include("sources"),
      ],
    },
    stage: {
      patterns: [...known(words, STAGE_ROLES), { match: before + name, name: "entity.name.function.mmf" }],
    },
    path: {
      patterns: [
        {
          match: String.raw`(${before}${name})\s*(\.)`,
          captures: { 1: as("variable.other.object"), 2: as("punctuation.accessor") },
        },
        { match: before + name, name: "variable.other.readwrite.mmf" },
      ],
    },
    sources: {
      ...brackets("(", ")"),
      patterns: [
        ...include("comments", "strings", "numbers", "booleans", "arrow", "arguments", "list", "separators"),
        {
          // behind a name and `:` stands a setting, no source
          begin: String.raw`${before}(${name})\s*(${colon})`,
          end: String.raw`(?=[,)\]}])|${keyAhead}|${statement}`,
          beginCaptures: { 1: { patterns: include("parameterName") }, 2: as("punctuation.separator.key-value") },
          patterns: include("comments", "values"),
        },
        ...include("path"),
      ],
    },
    equals: { match: "=", name: "keyword.operator.assignment.mmf" },
    colon: { match: colon, name: "punctuation.separator.colon.mmf" },
    optional: { match: sign("?"), name: "keyword.operator.optional.mmf" },
  };
}

/** Rules of what stands in brackets. */
export function insides(words: Vocabulary): { [name: string]: Rule } {
  const everyRole = [...words.words.keys()].filter((role) => role !== "modality" && role !== "target");
  const lists = [{ roles: ["fusion", "late"] as Role[] }, ...words.takes].map(({ roles }): [string, Rule] => [
    listOf(roles),
    { ...brackets("[", "]"), patterns: [...include("comments"), ...known(words, roles), ...include("values")] },
  ]);
  // a parameter that takes metrics colours metrics, and nothing else, as such
  const takers = words.takes.map(
    ({ roles, parameters }): Rule => ({
      begin: String.raw`(${word(...parameters)})\s*(${colon})`,
      end: String.raw`(?=[,)\]}])|${keyAhead}|${statement}`,
      beginCaptures: { 1: as("variable.parameter"), 2: as("punctuation.separator.key-value") },
      patterns: [...include("comments", listOf(roles)), ...known(words, roles), ...include("values")],
    }),
  );
  const inside = include("comments", "takers", "key", "values");
  return {
    properties: { ...brackets("{", "}"), patterns: inside },
    arguments: { ...brackets("(", ")"), patterns: inside },
    list: { ...brackets("[", "]"), patterns: include("comments", "values") },
    ...Object.fromEntries(lists),
    takers: { patterns: takers },
    key: {
      match: String.raw`${before}(${name})\s*(${colon})`,
      captures: { 1: { patterns: include("parameterName") }, 2: as("punctuation.separator.key-value") },
    },
    parameterName: {
      patterns: [
        { match: word(...words.parameters), name: "variable.parameter.mmf" },
        { match: before + name, name: "variable.parameter.other.mmf" },
      ],
    },
    values: {
      patterns: [
        ...include("strings", "numbers", "booleans", "arrow", "arguments", "list"),
        ...known(words, everyRole, String.raw`(?=\s*\()`),
        { match: String.raw`${before}${name}(?=\s*\()`, name: "entity.name.function.mmf" },
        ...known(words, STAGE_ROLES, String.raw`(?=\s*(?:->|→))`),
        { match: `${word(...words.choices)}(?!\\s*\\.)`, name: "support.constant.property-value.mmf" },
        ...known(words, STAGE_ROLES, String.raw`(?!\s*\.)`),
        ...include("path", "separators"),
      ],
    },
  };
}
