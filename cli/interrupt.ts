/** Ctrl-C during a training: the first one lets the step finish and be saved, the second one stops at once. */
import { exitCodes } from "./stop.ts";

export interface Interruption {
  readonly signal: AbortSignal;
  release(): void;
}

/** @param say called once, when the first one is pressed */
export function onInterrupt(say: () => void): Interruption {
  const controller = new AbortController();
  const listener = (): void => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    say();
    controller.abort();
  };
  process.on("SIGINT", listener);
  return { signal: controller.signal, release: () => void process.off("SIGINT", listener) };
}
