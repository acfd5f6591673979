/**
 * Keeps what a library writes to the terminal behind JavaScript's back off it, while it is being opened. TensorFlow's
 * notes from before it is ready ignore its own log level.
 */
import { devNull } from "node:os";
import type { LibraryHandle } from "koffi";

const STDERR = 2;
const WRITE_ONLY = 1;

/**
 * Runs `open` with the process's standard error turned away; what it throws and returns passes through.
 *
 * @param libc the C library of the system, loaded with koffi
 */
export function withMutedStderr<Result>(libc: LibraryHandle, open: () => Result): Result {
  const duplicate = libc.func("dup", "int", ["int"]) as (fd: number) => number;
  const replace = libc.func("dup2", "int", ["int", "int"]) as (fd: number, by: number) => number;
  const openFile = libc.func("open", "int", ["str", "int"]) as (file: string, flags: number) => number;
  const close = libc.func("close", "int", ["int"]) as (fd: number) => number;
  const kept = duplicate(STDERR);
  const nowhere = openFile(devNull, WRITE_ONLY);
  if (kept < 0 || nowhere < 0) return open();
  replace(nowhere, STDERR);
  close(nowhere);
  try {
    return open();
  } finally {
    replace(kept, STDERR);
    close(kept);
  }
}
