/**
 * The grammar of language.md, section 2, in Chevrotain: one rule a construct. It reads one statement (or the head of a
 * model) at a time, already cut out and with its brackets in order (outline.ts), so an error never reaches a neighbour.
 */
import {
  type CstNode,
  CstParser,
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
  buildEarlyExitMessage: ({ expectedIterationPaths }) =>
    encode(expectedIterationPaths.flatMap((path) => path.slice(0, 1))),
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
    const word = wordToken;

    this.RULE("useStatement", () => {
      this.CONSUME(word("use"));
      this.CONSUME(Scalar);
    });

    this.RULE("modelHead", () => {
      this.CONSUME(word("model"));
      this.CONSUME(Name);
      this.OPTION(() => {
        this.CONSUME(word("from"));
        this.CONSUME2(Name);
      });
      this.CONSUME(OpenBrace);
    });

    this.RULE("statement", () => {
      this.OR([
        { ALT: () => this.SUBRULE(this.section) },
        { ALT: () => this.SUBRULE(this.declaration) },
        { ALT: () => this.SUBRULE(this.definition) },
        { ALT: () => this.SUBRULE(this.letStatement) },
        { ALT: () => this.SUBRULE(this.compareStatement) },
        { ALT: () => this.SUBRULE(this.blockStatement) },
      ]);
    });

    this.RULE("section", () => {
      this.OR([
        { ALT: () => this.CONSUME(word("data")) },
        { ALT: () => this.CONSUME(word("train")) },
        { ALT: () => this.CONSUME(word("evaluate")) },
        { ALT: () => this.CONSUME(word("budget")) },
      ]);
      this.SUBRULE(this.props);
    });

    this.RULE("declaration", () => {
      this.OR([{ ALT: () => this.CONSUME(word("modality")) }, { ALT: () => this.CONSUME(word("target")) }]);
      this.CONSUME(Name);
      this.CONSUME(Colon);
      this.SUBRULE(this.kind);
      this.OPTION(() => this.SUBRULE(this.props));
    });

    this.RULE("definition", () => {
      this.OR([
        { ALT: () => this.CONSUME(word("encoder")) },
        { ALT: () => this.CONSUME(word("fusion")) },
        { ALT: () => this.CONSUME(word("head")) },
      ]);
      this.CONSUME(Name);
      this.OPTION(() => {
        this.CONSUME(Colon);
        this.SUBRULE(this.kind);
      });
      this.CONSUME(Equals);
      this.SUBRULE(this.flow);
      this.OPTION2(() => this.SUBRULE(this.props));
    });

    this.RULE("letStatement", () => {
      this.CONSUME(word("let"));
      this.CONSUME(Name);
      this.CONSUME(Equals);
      this.SUBRULE(this.value);
      this.OPTION(() => {
        this.CONSUME(word("in"));
        this.SUBRULE2(this.value);
      });
    });

    this.RULE("compareStatement", () => {
      this.CONSUME(word("compare"));
      this.CONSUME(Name);
      this.CONSUME(word("over"));
      this.SUBRULE(this.list);
    });

    this.RULE("blockStatement", () => {
      this.OPTION(() => this.CONSUME(word("shared")));
      this.CONSUME(word("block"));
      this.CONSUME(Name);
      this.OPTION2(() => this.SUBRULE(this.args));
      this.CONSUME(Equals);
      this.SUBRULE(this.flow);
    });

    this.RULE("kind", () => {
      this.CONSUME(Name);
      this.OPTION(() => {
        this.CONSUME(OpenBracket);
        this.SUBRULE(this.dim);
        this.MANY(() => {
          this.CONSUME(Comma);
          this.SUBRULE2(this.dim);
        });
        this.CONSUME(CloseBracket);
      });
      this.OPTION2(() => this.CONSUME(Question));
    });

    this.RULE("dim", () => {
      this.SUBRULE(this.size);
      this.OPTION(() => {
        this.CONSUME(Equals);
        this.SUBRULE2(this.size);
      });
    });

    this.RULE("size", () => {
      this.OR([{ ALT: () => this.CONSUME(NumberToken) }, { ALT: () => this.SUBRULE(this.ref) }]);
    });

    this.RULE("props", () => {
      this.CONSUME(OpenBrace);
      this.MANY({
        GATE: () => isKey(),
        DEF: () => {
          this.SUBRULE(this.property);
          this.OPTION(() => this.CONSUME(Comma));
        },
      });
      this.CONSUME(CloseBrace);
    });

    this.RULE("property", () => {
      this.SUBRULE(this.key);
      this.CONSUME(Colon);
      this.SUBRULE(this.value);
    });

    this.RULE("key", () => {
      this.OR([{ ALT: () => this.CONSUME(Name) }, { ALT: () => this.CONSUME(StatementWordToken) }]);
    });

    this.RULE("flow", () => {
      this.SUBRULE(this.call);
      this.MANY(() => {
        this.CONSUME(Arrow);
        this.SUBRULE2(this.call);
      });
    });

    this.RULE("call", () => {
      this.SUBRULE(this.ref);
      this.OPTION(() => this.SUBRULE(this.args));
    });

    this.RULE("ref", () => {
      this.CONSUME(Name);
      this.MANY(() => {
        this.CONSUME(Dot);
        this.CONSUME2(Name);
      });
    });

    this.RULE("args", () => {
      this.CONSUME(OpenParen);
      this.OPTION(() => {
        this.SUBRULE(this.arg);
        // a comma before the closing bracket is fine
        this.MANY({
          GATE: () => this.LA(2).tokenType !== CloseParen,
          DEF: () => {
            this.CONSUME(Comma);
            this.SUBRULE2(this.arg);
          },
        });
        this.OPTION2(() => this.CONSUME2(Comma));
      });
      this.CONSUME(CloseParen);
    });

    this.RULE("arg", () => {
      this.OPTION(() => {
        this.SUBRULE(this.key);
        this.CONSUME(Colon);
      });
      this.SUBRULE(this.value);
    });

    this.RULE("value", () => {
      this.OR([
        // `tokens: lower: true`: the next key is no value
        { GATE: () => this.LA(2).tokenType !== Colon, ALT: () => this.SUBRULE(this.flow) },
        { ALT: () => this.SUBRULE(this.range) },
        { ALT: () => this.SUBRULE(this.list) },
      ]);
    });

    this.RULE("range", () => {
      this.SUBRULE(this.scalar);
      this.OPTION(() => {
        this.CONSUME(DotDot);
        this.SUBRULE2(this.scalar);
      });
    });

    this.RULE("scalar", () => {
      this.OR([
        { ALT: () => this.CONSUME(Scalar) },
        { ALT: () => this.CONSUME(word("true")) },
        { ALT: () => this.CONSUME(word("false")) },
      ]);
    });

    this.RULE("list", () => {
      this.CONSUME(OpenBracket);
      this.OPTION(() => {
        this.SUBRULE(this.value);
        this.MANY({
          GATE: () => this.LA(2).tokenType !== CloseBracket,
          DEF: () => {
            this.CONSUME(Comma);
            this.SUBRULE2(this.value);
          },
        });
        this.OPTION2(() => this.CONSUME2(Comma));
      });
      this.CONSUME(CloseBracket);
    });

    // a reserved word is a key only before `:`
    const isKey = () => !isStatementWord(this.LA(1)) || this.LA(2).tokenType === Colon;

    this.performSelfAnalysis();
  }

  /** A reserved word or a bracket is never thrown away to make the current rule fit. */
  canRecoverWithSingleTokenDeletion(expected: TokenType): boolean {
    const type = this.LA(1).tokenType;
    if (isStatementWord(this.LA(1)) || closers.has(type) || type === OpenBrace) return false;
    // Chevrotain declares the method on a mixin that its types do not show
    const inherited = CstParser.prototype as unknown as {
      canRecoverWithSingleTokenDeletion(expected: TokenType): boolean;
    };
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
