/**
 * Making a folder and those above it. Node's own recursive mkdir never returns below /proc and the like, where a folder
 * is there and none can be made in it, and says something else where the disk is full: here the system's own error comes
 * out.
 */
import { mkdirSync, statSync } from "node:fs";
import path from "node:path";

/**
 * Makes it, if it is not there.
 *
 * @returns the uppermost folder that was made; none if all were there
 * @throws the system's error for the first folder that cannot be made
 */
export function makeFolder(folder: string): string | undefined {
  const absent: string[] = [];
  // As typed, for messages.
  let at = path.normalize(folder).replace(/(?<=.)[\\/]+$/, "");
  while (statSync(at, { throwIfNoEntry: false }) === undefined && absent.at(-1) !== at) {
    absent.push(at);
    at = path.dirname(at);
  }
  if (absent.length === 0) {
    // What is there may be a file: the system says so.
    if (!isFolder(at)) mkdirSync(at);
    return undefined;
  }
  for (const one of absent.toReversed()) {
    try {
      mkdirSync(one);
    } catch (error) {
      // Another process may have been faster.
      if (!isFolder(one)) throw error;
    }
  }
  return absent.at(-1);
}

function isFolder(at: string): boolean {
  return statSync(at, { throwIfNoEntry: false })?.isDirectory() === true;
}
