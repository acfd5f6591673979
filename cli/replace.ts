/** Puts another text into a file of the user's: written aside and renamed, so that a stop leaves the old or the new one. */
import { chmod, readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { report } from "../diagnostics/catalogue.ts";
import { nowhere, Stop } from "./stop.ts";

const mark = "\ufeff";

/**
 * A link stays a link, rights and a byte order mark stay as they are.
 * @throws Stop no-access; what else the file system says, with the path
 */
export async function replaceText(spec: string, text: string): Promise<void> {
  const file = await realpath(spec);
  const { mode } = await stat(file);
  // renaming would replace it all the same: only its folder has to allow that
  if ((mode & 0o222) === 0) throw noAccess(spec, "it is read-only", "change its rights");
  const before = await readFile(file);
  const marked = before.subarray(0, 3).equals(Buffer.from(mark)) && !text.startsWith(mark);
  const aside = `${file}.${process.pid}.part`;
  try {
    await writeFile(aside, (marked ? mark : "") + text);
    await chmod(aside, mode);
    await rename(aside, file);
  } catch (error) {
    await rm(aside, { force: true });
    const { code = "" } = error as NodeJS.ErrnoException;
    if (["EACCES", "EPERM"].includes(code))
      throw noAccess(spec, "its rights do not allow it", "change the rights of its folder");
    if (code === "EROFS") throw noAccess(spec, "its disk is read-only", "copy it to another disk");
    // A full disk does not say whose it is.
    throw Object.assign(error as NodeJS.ErrnoException, { path: (error as NodeJS.ErrnoException).path ?? aside });
  }
}

function noAccess(path: string, why: string, help: string): Stop {
  return new Stop([report("no-access", nowhere, { path, how: "written", why }, { help })]);
}
