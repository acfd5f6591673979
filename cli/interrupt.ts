/**
 * Being told to stop during a training, by Ctrl-C, by the system (SIGTERM) or by a terminal that is closed (SIGHUP): the
 * first time lets the step finish and be saved, the second time stops at once.
 */
import { exitCodes } from "./stop.ts";

export interface Interruption {
  readonly signal: AbortSignal;
  release(): void;
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** @param say called once, the first time; @param sayAgain the second time, before the process ends */
export function onInterrupt(say: () => void, sayAgain: () => void = () => {}): Interruption {
  const controller = new AbortController();
  const listener = (): void => {
    if (controller.signal.aborted) {
      sayAgain();
      process.exit(exitCodes.interrupted);
    }
    say();
    controller.abort();
  };
  for (const name of signals) process.on(name, listener);
  return {
    signal: controller.signal,
    release() {
      for (const name of signals) process.off(name, listener);
    },
  };
}
