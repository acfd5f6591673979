/** How wide things are on one line, and which of them cannot stand on one. Knows the style's spaces; writes nothing. */
import {
  type Chain,
  type Form,
  type Group,
  type Item,
  isGroup,
  type Link,
  type Note,
  type Piece,
  type Size,
  type Word,
} from "./tree.ts";

/** Cells of a line, comments behind it not counted. Messages wrap there, too. */
export const LIMIT = 100;

/** How the author broke a group. */
export function formOf(group: Group): Form {
  group.layout ??= readForm(group);
  return group.layout;
}

function readForm({ form, items, openTrail, closeLead }: Group): Form {
  const first = items[0];
  const last = items[items.length - 1];
  if (openTrail.length > 0 || closeLead.length > 0) return "block";
  if (first === undefined || last === undefined) return "flat";
  if (first.starts || last.trail.length > 0) return "block";
  if (!items.some((item) => item.starts)) return "flat";
  return form === "{" ? "block" : "hang";
}

const nothing: Size = { flat: 0, first: 0, rigid: false };

/** One size behind the other. */
function join(parts: readonly Size[]): Size {
  let first = 0;
  let broken = false;
  let rigid = false;
  for (const part of parts) {
    if (!broken && !rigid) first += part.first;
    broken ||= part.flat === undefined;
    rigid ||= part.rigid;
  }
  return { flat: broken ? undefined : first, first, rigid };
}

const cells = (count: number): Size => ({ flat: count, first: count, rigid: false });
/** The spaces around an arrow, or a comma and its space. */
const spaces = cells(2);
const space = cells(1);
const broken: Size = { flat: undefined, first: 0, rigid: false };

/** Comments that stand between two words of one line. */
const isInline = (note: Note): boolean => !note.own && !note.ends && !/[\r\n]/.test(note.text);

export function notesSize(notes: readonly Note[]): Size {
  if (notes.length === 0) return nothing;
  return notes.every(isInline) ? cells(notes.reduce((sum, note) => sum + note.width + 1, 0)) : broken;
}

export function wordSize(word: Word): Size {
  if (word.size === undefined) {
    const own = { flat: word.width, first: word.width, rigid: word.lastWidth !== undefined };
    word.size = word.notes.length === 0 ? own : join([notesSize(word.notes), own]);
  }
  return word.size;
}

export const pieceSize = (piece: Piece): Size => (isGroup(piece) ? groupSize(piece) : wordSize(piece));

export const piecesSize = (pieces: readonly Piece[]): Size =>
  pieces.length === 1 ? pieceSize(pieces[0] as Piece) : join(pieces.map(pieceSize));

/** Without its arrow. */
export function linkSize(link: Link): Size {
  link.size ??= piecesSize(link.pieces);
  return link.size;
}

export function chainSize(chain: Chain): Size {
  chain.size ??= chain.links.length === 1 ? linkSize(chain.links[0] as Link) : join(chain.links.flatMap(arrowAndLink));
  return chain.size;
}

function arrowAndLink(link: Link): Size[] {
  if (link.arrow === undefined) return [linkSize(link)];
  return link.arrow.first ? [broken] : [spaces, wordSize(link.arrow), linkSize(link)];
}

/** Without the comments above it, which begin its line. */
export function itemSize(item: Item): Size {
  if (item.size === undefined) {
    const { key, colon } = item;
    const value = chainSize(item.chain);
    const after = notesSize(item.after);
    if (key !== undefined && colon !== undefined)
      item.size = join([wordSize(key), wordSize(colon), space, value, after]);
    else item.size = after === nothing ? value : join([value, after]);
  }
  return item.size;
}

export function groupSize(group: Group): Size {
  group.size ??= measureGroup(group);
  return group.size;
}

function measureGroup(group: Group): Size {
  const inner = group.form === "{" ? space : nothing;
  const open = join([wordSize(group.open), inner]);
  if (formOf(group) === "block") return { ...broken, first: open.first };
  const parts = group.items.flatMap((item, i) => {
    if (i === 0) return [itemSize(item)];
    const breaks = item.starts || (group.items[i - 1] as Item).trail.length > 0;
    return [breaks ? broken : spaces, itemSize(item)];
  });
  return join([open, ...parts, inner, wordSize(group.close)]);
}

/** Words and names only, without comments: several may stand on a line of a long list. */
export function isPlain(item: Item): boolean {
  const { links } = item.chain;
  return (
    item.key === undefined &&
    links.length === 1 &&
    links[0]?.pieces.every((piece) => !isGroup(piece)) === true &&
    itemSize(item).flat !== undefined &&
    item.trail.length === 0
  );
}
