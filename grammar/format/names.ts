/**
 * Takes the names of leading arguments away: `dense(units: 8)` is written `dense(8)`. What the leading parameters of a word
 * are, the caller knows; a block of the file may hide the word.
 */
import type { File } from "../ast.ts";
import { type Body, type Chain, type Group, type Item, isGroup, type Link, type Word } from "./tree.ts";

/** The names of the parameters that a word takes by position, in order; none for a word that is not known. */
export type LeadingParameters = (word: string) => readonly string[];

export function takeNames(
  tree: Body,
  ast: File,
  leading: LeadingParameters,
  blocks: ReadonlySet<string> | undefined,
): void {
  if (ast.uses.length > 0 && blocks === undefined) return;
  const hidden = new Set([...(blocks ?? []), ...blocksOf(ast)]);
  const known: LeadingParameters = (word) => (hidden.has(word) ? [] : leading(word));
  const inBody = (body: Body): void => {
    for (const { chain, more, props, body: inner } of body.statements) {
      if (chain !== undefined) inChain(chain, known);
      if (more !== undefined) inChain(more.chain, known);
      if (props !== undefined) inItems(props, known);
      if (inner !== undefined) inBody(inner);
    }
  };
  inBody(tree);
}

/** The names of all blocks that a file declares, in its models or outside. */
export function blocksOf(ast: File): string[] {
  const inner = ast.models.flatMap((model) => model.statements.filter((statement) => statement.kind === "block"));
  return [...ast.blocks, ...inner].flatMap(({ name }) => (name === undefined ? [] : [name.text]));
}

function inChain(chain: Chain, leading: LeadingParameters): void {
  for (const link of chain.links) {
    for (const piece of link.pieces) if (isGroup(piece)) inItems(piece, leading);
    inCall(link, leading);
  }
}

function inItems(group: Group, leading: LeadingParameters): void {
  for (const item of group.items) inChain(item.chain, leading);
}

function inCall({ pieces: [word, args, ...more] }: Link, leading: LeadingParameters): void {
  if (word === undefined || isGroup(word) || args === undefined || !isGroup(args) || more.length > 0) return;
  const names = leading(word.text.normalize("NFC"));
  for (const [i, item] of args.items.entries()) {
    if (item.key === undefined) continue;
    if (item.key.text !== names[i] || !isBare(item)) return;
    item.key = undefined;
    item.colon = undefined;
  }
}

/** Nothing stands between the name and its value that would lose its place. */
function isBare({ key, colon, chain }: Item): boolean {
  const value = chain.links[0]?.pieces[0];
  const first: Word | undefined = value === undefined || isGroup(value) ? value?.open : value;
  return key?.notes.length === 0 && colon?.notes.length === 0 && first?.notes.length === 0;
}
