/**
 * The grammar of language.md, section 2, in Chevrotain: one rule a construct. It reads one statement (or the head of a
 * model) at a time, already cut out and with its brackets in order (outline.ts), so an error never reaches a neighbour.
 */
import {
  CstParser,
  type CstNode,
  EOF,
  type IParserErrorMessageProvider,
  type IRecognitionException,
  type IToken,
  type ParserMethod,
  type TokenType,
} from "chevrotain";
import {
  Arrow,
  CloseBrace,
  CloseBracket,
  CloseParen,
  Colon,
  Comma,
  closers,
  Dot,
  DotDot,
  Equals,
  isStatementWord,
  Name,
  NumberToken,
  OpenBrace,
  OpenBracket,
  OpenParen,
  Question,
  Scalar,
  StatementWordToken,
  tokenTypes,
  wordToken,
} from "./tokens.ts";

/** What a parse error carries instead of a sentence: the token types that could have stood there. */
export type ExpectedTypes = readonly string[];

const encode = (types: readonly TokenType[]): string => JSON.stringify([...new Set(types.map((t) => t.name))]);

const messages: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected }) => encode([expected]),
  buildNotAllInputParsedMessage: () => encode([EOF]),
  buildNoViableAltMessage: ({ expectedPathsPerAlt }) =>
    encode(expectedPathsPerAlt.flatMap((paths) => paths.flatMap((path) => path.slice(0, 1)))),
  buildEarlyExitMessage: ({ expectedIterationPaths }) => encode(expectedIterationPaths.flatMap((path) => path.slice(0, 1))),
};

type Rule = ParserMethod<[], CstNode>;

class SpecParser extends CstParser {
  declare readonly useStatement: Rule;
  declare readonly modelHead: Rule;
  declare readonly statement: Rule;
  declare readonly props: Rule;
  declare readonly kind: Rule;
  declare readonly dim: Rule;
  declare readonly size: Rule;
  declare readonly property: Rule;
  declare readonly flow: Rule;
  declare readonly call: Rule;
  declare readonly ref: Rule;
  declare readonly args: Rule;
  declare readonly arg: Rule;
  declare readonly value: Rule;
  declare readonly scalar: Rule;
  declare readonly range: Rule;
  declare readonly list: Rule;
  declare readonly key: Rule;
  declare readonly section: Rule;
  declare readonly declaration: Rule;
  declare readonly definition: Rule;
  declare readonly letStatement: Rule;
  declare readonly compareStatement: Rule;
  declare readonly blockStatement: Rule;

  constructor(validate: boolean) {
    super(tokenTypes, {
      skipValidations: !validate,
      recoveryEnabled: true,
      maxLookahead: 2,
      nodeLocationTracking: "onlyOffset",
      errorMessageProvider: messages,
    });
    const $ = this;
    const word = wordToken;

    $.RULE("useStatement", () => {
      $.CONSUME(word("use"));
      $.CONSUME(Scalar);
    });

    $.RULE("modelHead", () => {
      $.CONSUME(word("model"));
      $.CONSUME(Name);
      $.OPTION(() => {
        $.CONSUME(word("from"));
        $.CONSUME2(Name);
      });
      $.CONSUME(OpenBrace);
    });

    $.RULE("statement", () => {
      $.OR([
        { ALT: () => $.SUBRULE($.section) },
        { ALT: () => $.SUBRULE($.declaration) },
        { ALT: () => $.SUBRULE($.definition) },
        { ALT: () => $.SUBRULE($.letStatement) },
        { ALT: () => $.SUBRULE($.compareStatement) },
        { ALT: () => $.SUBRULE($.blockStatement) },
      ]);
    });

    $.RULE("section", () => {
      $.OR([
        { ALT: () => $.CONSUME(word("data")) },
        { ALT: () => $.CONSUME(word("train")) },
        { ALT: () => $.CONSUME(word("evaluate")) },
        { ALT: () => $.CONSUME(word("budget")) },
      ]);
      $.SUBRULE($.props);
    });

    $.RULE("declaration", () => {
      $.OR([{ ALT: () => $.CONSUME(word("modality")) }, { ALT: () => $.CONSUME(word("target")) }]);
      $.CONSUME(Name);
      $.CONSUME(Colon);
      $.SUBRULE($.kind);
      $.OPTION(() => $.SUBRULE($.props));
    });

    $.RULE("definition", () => {
      $.OR([
        { ALT: () => $.CONSUME(word("encoder")) },
        { ALT: () => $.CONSUME(word("fusion")) },
        { ALT: () => $.CONSUME(word("head")) },
      ]);
      $.CONSUME(Name);
      $.OPTION(() => {
        $.CONSUME(Colon);
        $.SUBRULE($.kind);
      });
      $.CONSUME(Equals);
      $.SUBRULE($.flow);
      $.OPTION2(() => $.SUBRULE($.props));
    });

    $.RULE("letStatement", () => {
      $.CONSUME(word("let"));
      $.CONSUME(Name);
      $.CONSUME(Equals);
      $.SUBRULE($.value);
      $.OPTION(() => {
        $.CONSUME(word("in"));
        $.SUBRULE2($.value);
      });
    });

    $.RULE("compareStatement", () => {
      $.CONSUME(word("compare"));
      $.CONSUME(Name);
      $.CONSUME(word("over"));
      $.SUBRULE($.list);
    });

    $.RULE("blockStatement", () => {
      $.OPTION(() => $.CONSUME(word("shared")));
      $.CONSUME(word("block"));
      $.CONSUME(Name);
      $.OPTION2(() => $.SUBRULE($.args));
      $.CONSUME(Equals);
      $.SUBRULE($.flow);
    });

    $.RULE("kind", () => {
      $.CONSUME(Name);
      $.OPTION(() => {
        $.CONSUME(OpenBracket);
        $.SUBRULE($.dim);
        $.MANY(() => {
          $.CONSUME(Comma);
          $.SUBRULE2($.dim);
        });
        $.CONSUME(CloseBracket);
      });
      $.OPTION2(() => $.CONSUME(Question));
    });

    $.RULE("dim", () => {
      $.SUBRULE($.size);
      $.OPTION(() => {
        $.CONSUME(Equals);
        $.SUBRULE2($.size);
      });
    });

    $.RULE("size", () => {
      $.OR([{ ALT: () => $.CONSUME(NumberToken) }, { ALT: () => $.SUBRULE($.ref) }]);
    });

    $.RULE("props", () => {
      $.CONSUME(OpenBrace);
      $.MANY({
        GATE: () => isKey(),
        DEF: () => {
          $.SUBRULE($.property);
          $.OPTION(() => $.CONSUME(Comma));
        },
      });
      $.CONSUME(CloseBrace);
    });

    $.RULE("property", () => {
      $.SUBRULE($.key);
      $.CONSUME(Colon);
      $.SUBRULE($.value);
    });

    $.RULE("key", () => {
      $.OR([{ ALT: () => $.CONSUME(Name) }, { ALT: () => $.CONSUME(StatementWordToken) }]);
    });

    $.RULE("flow", () => {
      $.SUBRULE($.call);
      $.MANY(() => {
        $.CONSUME(Arrow);
        $.SUBRULE2($.call);
      });
    });

    $.RULE("call", () => {
      $.SUBRULE($.ref);
      $.OPTION(() => $.SUBRULE($.args));
    });

    $.RULE("ref", () => {
      $.CONSUME(Name);
      $.MANY(() => {
        $.CONSUME(Dot);
        $.CONSUME2(Name);
      });
    });

    $.RULE("args", () => {
      $.CONSUME(OpenParen);
      $.OPTION(() => {
        $.SUBRULE($.arg);
        // a comma before the closing bracket is fine
        $.MANY({
          GATE: () => $.LA(2).tokenType !== CloseParen,
          DEF: () => {
            $.CONSUME(Comma);
            $.SUBRULE2($.arg);
          },
        });
        $.OPTION2(() => $.CONSUME2(Comma));
      });
      $.CONSUME(CloseParen);
    });

    $.RULE("arg", () => {
      $.OPTION(() => {
        $.SUBRULE($.key);
        $.CONSUME(Colon);
      });
      $.SUBRULE($.value);
    });

    $.RULE("value", () => {
      $.OR([
        // `tokens: lower: true`: the next key is no value
        { GATE: () => $.LA(2).tokenType !== Colon, ALT: () => $.SUBRULE($.flow) },
        { ALT: () => $.SUBRULE($.range) },
        { ALT: () => $.SUBRULE($.list) },
      ]);
    });

    $.RULE("range", () => {
      $.SUBRULE($.scalar);
      $.OPTION(() => {
        $.CONSUME(DotDot);
        $.SUBRULE2($.scalar);
      });
    });

    $.RULE("scalar", () => {
      $.OR([
        { ALT: () => $.CONSUME(Scalar) },
        { ALT: () => $.CONSUME(word("true")) },
        { ALT: () => $.CONSUME(word("false")) },
      ]);
    });

    $.RULE("list", () => {
      $.CONSUME(OpenBracket);
      $.OPTION(() => {
        $.SUBRULE($.value);
        $.MANY({
          GATE: () => $.LA(2).tokenType !== CloseBracket,
          DEF: () => {
            $.CONSUME(Comma);
            $.SUBRULE2($.value);
          },
        });
        $.OPTION2(() => $.CONSUME2(Comma));
      });
      $.CONSUME(CloseBracket);
    });

    // a reserved word is a key only before `:`
    const isKey = () => !isStatementWord($.LA(1)) || $.LA(2).tokenType === Colon;

    $.performSelfAnalysis();
  }

  /** A reserved word or a bracket is never thrown away to make the current rule fit. */
  canRecoverWithSingleTokenDeletion(expected: TokenType): boolean {
    const type = this.LA(1).tokenType;
    if (isStatementWord(this.LA(1)) || closers.has(type) || type === OpenBrace) return false;
    // Chevrotain declares the method on a mixin that its types do not show
    const inherited = CstParser.prototype as unknown as { canRecoverWithSingleTokenDeletion(expected: TokenType): boolean };
    return inherited.canRecoverWithSingleTokenDeletion.call(this, expected);
  }
}

// validating the grammar at each start would cost a third of the start-up; a test does it
const parser = new SpecParser(false);

/** Builds the grammar with Chevrotain's checks (ambiguities, left recursion); throws if one fails. For tests. */
export function validateGrammar(): void {
  new SpecParser(true);
}

export type Entry = "useStatement" | "modelHead" | "statement";

export interface ParsedTree {
  /** Incomplete where there are errors; every access is optional. */
  readonly tree: CstNode | undefined;
  readonly errors: readonly IRecognitionException[];
}

/** Reads one statement. Never throws on any tokens. */
export function parseTokens(entry: Entry, tokens: readonly IToken[]): ParsedTree {
  // Chevrotain makes an Error of each mistake; nobody reads their stacks
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    parser.input = tokens as IToken[];
    const tree = parser[entry]() as CstNode | undefined;
    return { tree, errors: parser.errors };
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** The token types that a parse error names. */
export function expectedTypes(error: IRecognitionException): ExpectedTypes {
  return JSON.parse(error.message) as string[];
}
