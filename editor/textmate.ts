/**
 * The TextMate grammar, made from the word table and the registry, so that a new word is coloured without anyone writing
 * it here. It follows the language, not the line: a statement ends where the next begins, as for the parser, so that half-typed
 * text never discolours what follows. Knows nothing of files; `npm run gen` writes the result into the extension.
 */
import type { Role } from "../compiler/registry/define.ts";
import { BOOLEAN_WORDS, CONTEXT_WORDS, PUNCTUATION, SECTION_WORDS, STATEMENT_WORDS, UNITS } from "../grammar/words.ts";
import { STAGE_ROLES, type Vocabulary, vocabulary } from "./vocabulary.ts";

/** A rule of a TextMate grammar. */
export interface Rule {
  readonly name?: string;
  readonly contentName?: string;
  readonly match?: string;
  readonly begin?: string;
  readonly end?: string;
  readonly include?: string;
  readonly captures?: Captures;
  readonly beginCaptures?: Captures;
  readonly endCaptures?: Captures;
  readonly patterns?: readonly Rule[];
}
interface Captures {
  readonly [group: string]: Rule;
}

export interface TextMateGrammar {
  readonly name: string;
  readonly scopeName: string;
  readonly patterns: readonly Rule[];
  readonly repository: { readonly [name: string]: Rule };
}

// ---------------------------------------------------------------- pieces of patterns

const letter = String.raw`[\p{L}\p{M}\p{N}_]`;
const name = String.raw`[\p{L}\p{Nl}_]${letter}*`;
// not the exact classes of a name's letters: compiling those a thousand times takes the editor seconds
const before = String.raw`\b`;
const after = String.raw`\b`;
/** Longest first: `max` must not hide `max_pooling1d` where nothing follows that would tell. */
const oneOf = (words: readonly string[]): string =>
  [...words]
    .sort((a, b) => b.length - a.length || (a < b ? -1 : 1))
    .map((w) => w.replace(/[.?+*^$()[\]{}|\\]/g, "\\$&"))
    .join("|");
const word = (...words: readonly string[]): string => `${before}(?:${oneOf(words)})${after}`;
const colon = "[:：]";
const notKey = String.raw`(?!\s*${colon})`;
/** A reserved word that is no property's name. */
const reserved = word(...STATEMENT_WORDS.map((w) => w.word)) + notKey;
/** Whatever was open ends here. */
const statement = `(?=${reserved})`;
/** What also ends a statement within a model. */
const statementOrClose = String.raw`${statement}|(?=\})`;
const ofFile = `(?=${word("use", "model")}${notKey})`;
const keyAhead = String.raw`(?=${before}${name}\s*${colon})`;

const sign = (text: (typeof PUNCTUATION)[number]["sign"]): string => text.replace(/[.?()[\]{}]/g, "\\$&");
const include = (...rules: readonly string[]): Rule[] => rules.map((rule) => ({ include: `#${rule}` }));
const as = (scope: string): Rule => ({ name: `${scope}.mmf` });

/** `WORD NAME`, after which the statement goes on. */
function opening(words: readonly string[], named: boolean): string {
  return `(${word(...words)})${notKey}${named ? String.raw`(?:\s+(?!${reserved})(${name}))?` : ""}`;
}

// ---------------------------------------------------------------- the grammar

/** The grammar as the JSON of a `.tmLanguage.json`. */
export function textmateGrammar(): TextMateGrammar {
  const words = vocabulary();
  return {
    name: "mmf",
    scopeName: "source.mmf",
    patterns: include("comments", "statements", "flow", "properties"),
    repository: {
      ...comments(),
      ...statements(words),
      ...flows(words),
      ...insides(words),
      ...literals(),
    },
  };
}

function comments(): { [name: string]: Rule } {
  const ignore: Rule = {
    match: String.raw`(?<=//|//\s|/\*|/\*\s)\s*(mmfc-ignore)(?:\s+([\w-]+))?(?:\s*(:))?`,
    captures: {
      1: as("keyword.other.directive.ignore"),
      2: as("entity.name.tag.code"),
      3: as("punctuation.separator"),
    },
  };
  const line = (scope: string, begin: string): Rule => ({
    name: `comment.line.${scope}.mmf`,
    begin,
    end: "$",
    beginCaptures: { 0: as("punctuation.definition.comment") },
    patterns: [ignore],
  });
  return {
    comments: {
      patterns: [
        { ...line("documentation", "///(?!/)"), patterns: [{ match: "`[^`]*`", name: "markup.inline.raw.mmf" }] },
        line("double-slash", "//"),
        {
          name: "comment.block.mmf",
          begin: String.raw`/\*`,
          end: String.raw`\*/`,
          captures: { 0: as("punctuation.definition.comment") },
          patterns: [ignore],
        },
      ],
    },
  };
}

function statements(words: Vocabulary): { [name: string]: Rule } {
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
    name: `storage.type.${role}.mmf`,
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
    tensorType: { match: word("f32", "i32", "bool", "string"), name: "storage.type.tensor.mmf" },
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

/** A known word of these roles, each with its role's scope. */
function known(words: Vocabulary, roles: readonly Role[], ahead = ""): Rule[] {
  return roles
    .filter((role) => (words.words.get(role) ?? []).length > 0)
    .map((role) => ({
      match: word(...(words.words.get(role) as string[])) + ahead,
      name: `support.function.${role === "late" ? "fusion" : role}.mmf`,
    }));
}

function flows(words: Vocabulary): { [name: string]: Rule } {
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

function brackets(open: "(" | "[" | "{", close: ")" | "]" | "}"): Rule {
  const kind = { "(": "parens", "[": "brackets", "{": "braces" }[open];
  return {
    begin: sign(open),
    end: `(${sign(close)})|${close === "}" ? statement : statementOrClose}`,
    beginCaptures: { 0: as(`punctuation.section.${kind}.begin`) },
    endCaptures: { 1: as(`punctuation.section.${kind}.end`) },
  };
}

const listOf = (roles: readonly Role[]): string => `list-${roles.join("-")}`;

function insides(words: Vocabulary): { [name: string]: Rule } {
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
        { match: `${word(...words.choices)}(?!\\s*\\.)`, name: "support.constant.mmf" },
        ...known(words, STAGE_ROLES, String.raw`(?!\s*\.)`),
        ...include("path", "separators"),
      ],
    },
  };
}

function literals(): { [name: string]: Rule } {
  const digits = String.raw`\d+(?:_\d+)*`;
  const plain = String.raw`${digits}(?:\.${digits})?`;
  const minus = String.raw`-?${before}`;
  const exponent = String.raw`(?:[eE][+-]?\d+)`;
  const number = (scope: string, match: string): Rule => ({ match, name: `constant.numeric.${scope}.mmf` });
  const letters = UNITS.filter((u) => u.unit !== "%").map((u) => u.unit);
  return {
    numbers: {
      patterns: [
        number("size", String.raw`${before}\d+(?:x\d+)+${after}`),
        number("ratio", String.raw`${before}${plain}/${plain}${after}`),
        {
          ...number("quantity", String.raw`${minus}${plain}${exponent}?(%|(?:${oneOf(letters)})${after})`),
          captures: { 1: as("keyword.other.unit") },
        },
        number("float", String.raw`${minus}${digits}(?:\.${digits}${exponent}?|${exponent})${after}`),
        number("integer", String.raw`${minus}${digits}${after}`),
        { match: String.raw`${minus}\d${letter}*`, name: "invalid.illegal.number.mmf" },
      ],
    },
    booleans: { match: word(...BOOLEAN_WORDS), name: "constant.language.boolean.mmf" },
    strings: {
      patterns: [
        {
          name: "string.quoted.triple.mmf",
          begin: '"""',
          end: '"""',
          beginCaptures: { 0: as("punctuation.definition.string.begin") },
          endCaptures: { 0: as("punctuation.definition.string.end") },
        },
        {
          name: "string.quoted.double.mmf",
          begin: '"',
          // a string ends with its line, closed or not
          end: '(")|$',
          beginCaptures: { 0: as("punctuation.definition.string.begin") },
          endCaptures: { 1: as("punctuation.definition.string.end") },
          patterns: [
            { match: String.raw`\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})`, name: "constant.character.escape.mmf" },
            { match: String.raw`\\.`, name: "invalid.illegal.escape.mmf" },
            { match: String.raw`\{${name}\}`, name: "constant.other.placeholder.mmf" },
          ],
        },
        {
          name: "string.quoted.other.mmf",
          match: String.raw`([“”'‘’])[^“”'‘’"\n]*([“”'‘’])`,
          captures: { 1: as("invalid.illegal.quote"), 2: as("invalid.illegal.quote") },
        },
      ],
    },
    separators: {
      patterns: [
        { match: String.raw`\.\.`, name: "keyword.operator.range.mmf" },
        { match: "[,，]", name: "punctuation.separator.comma.mmf" },
        { match: sign("."), name: "punctuation.accessor.mmf" },
      ],
    },
  };
}
