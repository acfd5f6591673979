/**
 * Rules of the statements: where each begins, what its words are, and that it ends where the next begins.
 */
import { type CONTEXT_WORDS, SECTION_WORDS } from "../../grammar/words.ts";
import type { Vocabulary } from "../vocabulary.ts";
import {
  as,
  before,
  colon,
  include,
  listOf,
  name,
  notKey,
  ofFile,
  opening,
  type Rule,
  sign,
  statement,
  statementOrClose,
  word,
} from "./patterns.ts";

/** A rule for each statement and for what only stands in one. */
export function statements(words: Vocabulary): { [name: string]: Rule } {
  const keyword = (of: string): Rule => as(`keyword.declaration.${of}`);
  const context = (...of: readonly (typeof CONTEXT_WORDS)[number]["word"][]): Rule => ({
    match: word(...of),
    name: `keyword.control.${of[0]}.mmf`,
  });
  const definition = (of: string, patterns: readonly Rule[]): Rule => ({
    begin: opening([of], true),
    end: String.raw`(?<=\})|${statementOrClose}`,
    beginCaptures: { 1: keyword(of), 2: as(`entity.name.variable.${of}`) },
    patterns: [...include("comments"), ...patterns],
  });
  const kinds = (role: "modality" | "target"): Rule => ({
    match: word(...(words.words.get(role) ?? [])),
    // two scopes: themes without colours for types of values still tell a kind from a name
    name: `storage.type.${role}.mmf support.type.${role}.mmf`,
  });
  const reference: Rule = { match: before + name, name: "variable.other.readwrite.mmf" };
  const type = include("colon", "optional");

  return {
    statements: {
      patterns: include(
        "use",
        "model",
        "section",
        "modality",
        "target",
        "encoder",
        "fusion",
        "head",
        "let",
        "compare",
        "block",
        "blockWord",
      ),
    },
    use: { match: opening(["use"], false), captures: { 1: as("keyword.control.import") } },
    model: {
      begin: opening(["model"], true),
      end: String.raw`(?<=\})|${statement}`,
      beginCaptures: { 1: keyword("model"), 2: as("entity.name.type.model") },
      patterns: [
        ...include("comments"),
        {
          match: String.raw`(${word("from")})(?:\s+(${name}))?`,
          captures: { 1: as("keyword.control.from"), 2: as("entity.other.inherited-class.model") },
        },
        {
          contentName: "meta.model.mmf",
          begin: sign("{"),
          end: `(${sign("}")})|${ofFile}`,
          beginCaptures: { 0: as("punctuation.section.braces.begin") },
          endCaptures: { 1: as("punctuation.section.braces.end") },
          patterns: include("comments", "statements", "flow", "properties"),
        },
      ],
    },
    section: {
      begin: opening(SECTION_WORDS, false),
      end: String.raw`(?<=\})|${statementOrClose}`,
      beginCaptures: { 1: keyword("section") },
      patterns: include("comments", "properties"),
    },
    modality: definition("modality", [...type, kinds("modality"), reference, ...include("properties")]),
    target: definition("target", [...type, kinds("target"), reference, ...include("properties")]),
    encoder: definition("encoder", [...type, ...include("tensorType", "axes", "firstValue", "flow", "properties")]),
    head: definition("head", [
      {
        match: String.raw`(${colon})\s*(${name})?`,
        captures: { 1: as("punctuation.separator.colon"), 2: as("variable.other.target") },
      },
      ...include("firstValue", "flow", "properties"),
    ]),
    fusion: definition("fusion", [
      { match: word("early", "mid", "late"), name: "storage.modifier.stage.mmf" },
      ...type,
      ...include("firstFusion", "flow", "properties"),
    ]),
    let: {
      begin: opening(["let"], true),
      end: statementOrClose,
      beginCaptures: { 1: keyword("let"), 2: as("entity.name.constant variable.other.constant") },
      patterns: [...include("comments", "equals"), context("in"), ...include("values")],
    },
    compare: {
      begin: opening(["compare"], true),
      end: String.raw`(?<=\])|${statementOrClose}`,
      beginCaptures: { 1: keyword("compare"), 2: as("variable.other.readwrite") },
      patterns: [...include("comments"), context("over"), ...include(listOf(["fusion", "late"]), "values")],
    },
    block: {
      begin: String.raw`(?:(${word("shared")})\s+)?(${word("block")})${notKey}\s+(${name})\s*(${sign("(")})`,
      end: `(${sign(")")})|${statementOrClose}`,
      beginCaptures: {
        1: as("storage.modifier.shared"),
        2: keyword("block"),
        3: as("entity.name.function.block"),
        4: as("punctuation.section.parens.begin"),
      },
      endCaptures: { 1: as("punctuation.section.parens.end") },
      patterns: [
        ...include("comments", "key"),
        // a name by itself is a parameter; behind a `:` it is a default
        {
          match: String.raw`(?<=[(,]|^)\s*(${name})(?=\s*(?:[,)]|$))`,
          captures: { 1: as("variable.parameter.other") },
        },
        ...include("values"),
      ],
    },
    blockWord: {
      patterns: [
        { match: opening(["shared"], false), captures: { 1: as("storage.modifier.shared") } },
        {
          match: opening(["block"], true),
          captures: { 1: keyword("block"), 2: as("entity.name.function.block") },
        },
      ],
    },
    tensorType: {
      match: word("f32", "i32", "bool", "string"),
      name: "storage.type.tensor.mmf support.type.tensor.mmf",
    },
    axes: {
      begin: sign("["),
      end: `(${sign("]")})|${statementOrClose}`,
      beginCaptures: { 0: as("punctuation.section.brackets.begin") },
      endCaptures: { 1: as("punctuation.section.brackets.end") },
      patterns: [
        ...include("comments", "numbers", "separators"),
        {
          match: String.raw`(=)\s*(${name}(?:\.${name})*)`,
          captures: { 1: as("keyword.operator.assignment"), 2: as("variable.other.readwrite") },
        },
        { match: "=", name: "keyword.operator.assignment.mmf" },
        { match: before + name, name: "variable.parameter.axis.mmf" },
      ],
    },
  };
}
