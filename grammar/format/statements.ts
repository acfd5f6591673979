/** Writes statements and bodies: heads, what follows them, blank lines; neighbours of one word stand in columns. */
import { type Columns, columnsOf } from "./columns.ts";
import { STEP, writeBlock, writeChain, writeGroup, writePieces } from "./flows.ts";
import { chainSize, formOf, groupSize, LIMIT } from "./measure.ts";
import { writeOwn, writeTrail, writeWord } from "./notes.ts";
import type { Page } from "./page.ts";
import type { Body, Chain, Group, Piece, Statement, Word } from "./tree.ts";

export function writeBody(page: Page, body: Body, indent: number): void {
  const columns = columnsOf(body.statements, indent);
  body.statements.forEach((statement, i) => {
    if (statement.blank) page.blank();
    writeOwn(page, statement.lead, indent, true);
    if (statement.lead.length > 0 && statement.blankInside) page.blank();
    page.line(indent);
    writeStatement(page, statement, indent, columns[i]);
    writeTrail(page, statement.trail, indent);
  });
  writeOwn(page, body.closeLead, indent);
}

/** @returns whether its properties stand on lines of their own */
export function writeStatement(page: Page, statement: Statement, indent: number, columns?: Columns): boolean {
  writeHead(page, statement, indent, columns);
  const { body, props, more, hasKind } = statement;
  if (body !== undefined) writeModel(page, body, indent);
  if (statement.chain !== undefined) writeFlow(page, statement, indent, columns);
  if (more !== undefined) {
    page.space();
    writeWord(page, more.word, indent);
    page.space();
    writeChain(page, more.chain, { base: indent, tail: 0 });
  }
  if (props === undefined) return false;
  page.space(statement.equals === undefined && hasKind ? columns?.kind : 0);
  return writeProps(page, props, indent);
}

function writeHead(page: Page, { head, hasKind, equals }: Statement, indent: number, columns?: Columns): void {
  const tail = equals === undefined ? 0 : 2;
  head.forEach((part, i) => {
    const isKind = i === 2 && hasKind;
    page.space(isKind ? columns?.name : 0);
    if (isKind) writeKind(page, part, indent);
    else writePieces(page, part, { base: indent, tail });
  });
}

function writeKind(page: Page, kind: readonly Piece[], indent: number): void {
  for (const piece of kind) {
    writeWord(page, piece as Word, indent);
    if ((piece as Word).text === ",") page.space();
  }
}

function writeModel(page: Page, body: Body, indent: number): void {
  const { open, close } = body as Required<Body>;
  page.space();
  writeWord(page, open, indent);
  if (body.statements.length === 0 && body.openTrail.length === 0 && body.closeLead.length === 0) page.space();
  else {
    writeTrail(page, body.openTrail, indent + STEP);
    page.inBody(() => writeBody(page, body, indent + STEP));
    page.line(indent);
  }
  writeWord(page, close, indent);
}

/** `= report -> lstm(8)` */
function writeFlow(page: Page, statement: Statement, indent: number, columns?: Columns): void {
  const { equals, props, more } = statement;
  const chain = statement.chain as Chain;
  page.space(statement.hasKind ? columns?.kind : columns?.name);
  writeWord(page, equals as Word, indent);
  const { flat } = chainSize(chain);
  const all = flat === undefined || props === undefined ? undefined : flat + 1 + (groupSize(props).flat ?? LIMIT);
  const tail = props !== undefined ? 2 : more !== undefined ? 5 : 0;
  // a block that needs more than a line begins below its name
  const isLong = statement.word !== "let" && flat !== undefined && page.column() + 1 + flat > LIMIT;
  const below =
    statement.flowStarts === true || (isLong && (statement.word === "block" || statement.word === "shared"));
  if (below) {
    writeTrail(page, statement.flowTrail ?? [], indent + STEP);
    writeOwn(page, statement.flowLead ?? [], indent + STEP, true);
    page.line(indent + STEP);
  } else page.space();
  const wholeFits = all !== undefined && page.column() + (columns?.source ?? 0) + all <= LIMIT;
  writeChain(page, chain, { base: below ? indent + STEP : indent, tail: wholeFits ? 0 : tail }, columns?.source);
}

/** @returns whether they stand on lines of their own */
function writeProps(page: Page, props: Group, indent: number): boolean {
  const { flat } = groupSize(props);
  if (formOf(props) === "flat" && (flat === undefined || page.column() + flat <= LIMIT || props.items.length === 0)) {
    writeGroup(page, props, { base: indent, tail: 0 });
    return false;
  }
  writeBlock(page, props, indent);
  return true;
}
