/**
 * Which statements stand in columns, and how wide these are: neighbours of one word (`modality`, `encoder`, …) without a
 * blank line between them. One that needs lines of its own for its properties, or that the columns of its neighbours would
 * make too long, stands by itself.
 */
import { sourceCell } from "./flows.ts";
import { chainSize, formOf, groupSize, LIMIT, wordSize } from "./measure.ts";
import { createPage } from "./page.ts";
import { writeStatement } from "./statements.ts";
import { isGroup, type Piece, type Statement, type Word } from "./tree.ts";

/** Cells to put behind the name, the kind and the flow's source. */
export interface Columns {
  readonly name: number;
  readonly kind: number;
  readonly source: number;
}

interface Member {
  readonly statement: Statement;
  readonly name: number;
  readonly kind: number;
  /** The source of its flow, where an arrow on the same line follows. */
  source: number | undefined;
}

const words: ReadonlySet<string> = new Set(["modality", "target", "encoder", "fusion", "head", "let"]);

export function columnsOf(statements: readonly Statement[], indent: number): (Columns | undefined)[] {
  const members = statements.map((statement) => memberOf(statement));
  // too long without any column
  members.forEach((member, i) => {
    if (member !== undefined && !stays(member, indent, none)) members[i] = undefined;
    else if (member !== undefined && !sourceStays(member, indent, none)) member.source = undefined;
  });
  const columns: (Columns | undefined)[] = members.map(() => undefined);
  let from = 0;
  while (from < members.length) {
    const to = endOfRun(members, from);
    const run = members.slice(from, to) as Member[];
    if (run.length > 1) {
      const found = run.map((member) => columnsIn(run, member));
      let parted = false;
      run.forEach((member, i) => {
        if (!stays(member, indent, found[i] as Columns)) members[from + i] = undefined;
        else if (!sourceStays(member, indent, found[i] as Columns)) member.source = undefined;
        else return;
        parted = true;
      });
      // without them the columns are narrower
      if (parted) continue;
      found.forEach((one, i) => {
        columns[from + i] = one;
      });
    }
    from = Math.max(to, from + 1);
  }
  return columns;
}

const none: Columns = { name: 0, kind: 0, source: 0 };

/** A run of members of one form; empty where none begins. */
function endOfRun(members: readonly (Member | undefined)[], from: number): number {
  const first = members[from]?.statement;
  let to = from;
  for (; first !== undefined && to < members.length; to++) {
    const statement = members[to]?.statement;
    if (statement === undefined || statement.word !== first.word || statement.hasKind !== first.hasKind) break;
    if (to > from && (statement.blank || statement.blankInside)) break;
  }
  return to;
}

function columnsIn(run: readonly Member[], member: Member): Columns {
  const widest = (width: (one: Member) => number): number => run.reduce((most, one) => Math.max(most, width(one)), 0);
  return {
    name: widest((one) => one.name) - member.name,
    kind: hasMore(member) ? widest((one) => (hasMore(one) ? one.kind : 0)) - member.kind : 0,
    source: member.source === undefined ? 0 : widest((one) => one.source ?? 0) - member.source,
  };
}

/** Something follows its kind. */
const hasMore = ({ statement }: Member): boolean => statement.equals !== undefined || statement.props !== undefined;

function memberOf(statement: Statement): Member | undefined {
  const { word, head, equals, chain, props, hasKind } = statement;
  if (!words.has(word) || head.some((part) => part.some((piece) => isGroup(piece) || piece.notes.length > 0)))
    return undefined;
  if (equals !== undefined && (equals.notes.length > 0 || statement.flowStarts === true)) return undefined;
  if (props !== undefined && formOf(props) === "block") return undefined;
  const name = widthOf(head[1] ?? []);
  const kind = hasKind ? kindWidth(head[2] ?? []) : 0;
  const source = chain === undefined ? undefined : sourceCell(chain, 0, 0, 0)?.width;
  return { statement, name, kind, source };
}

const widthOf = (pieces: readonly Piece[]): number =>
  pieces.reduce((sum, piece) => sum + wordSize(piece as Word).first, 0);

/** `f32[B, time=626]?`: a space behind each comma. */
const kindWidth = (pieces: readonly Piece[]): number =>
  widthOf(pieces) + pieces.filter((piece) => (piece as Word).text === ",").length;

/** Cells up to where the flow begins, or to the properties of a declaration. */
function startOf({ statement, name, kind }: Member, indent: number, columns: Columns): number {
  const start = indent + statement.word.length + 1 + name + columns.name;
  const behindKind = statement.hasKind ? start + 1 + kind + columns.kind : start;
  return statement.equals === undefined ? behindKind + 1 : behindKind + 3;
}

/** Whether its properties stay on the line that they are on. */
function stays(member: Member, indent: number, columns: Columns): boolean {
  const { statement } = member;
  const { props, chain } = statement;
  const start = startOf(member, indent, columns);
  if (props === undefined) return true;
  const own = groupSize(props).flat ?? groupSize(props).first;
  if (chain === undefined) return start + own <= LIMIT;
  const { flat } = chainSize(chain);
  if (flat !== undefined && start + columns.source + flat + 1 + own <= LIMIT) return true;
  const page = createPage("\n");
  page.line(indent);
  return !writeStatement(page, statement, indent, columns);
}

/** Whether the first arrow stays on the line of the source. */
function sourceStays(member: Member, indent: number, columns: Columns): boolean {
  const { statement, source } = member;
  if (source === undefined || statement.chain === undefined) return true;
  const start = startOf(member, indent, columns);
  const tail = statement.props === undefined ? 0 : 2;
  return sourceCell(statement.chain, start, indent, tail)?.fits(columns.source) === true;
}
