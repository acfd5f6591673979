/** Messages of a running mmfc: training, run folders, the engine, and its own mistakes. */
import { defineMessage } from "../define.ts";
import { type Near, nearHelp } from "../near.ts";
import { code, count, list, number, path, quoted, size, tick } from "../phrase.ts";

export const training = {
  /**
   * `text`: the first stage whose output was not finite; with `of: "weights"` whose weights, with `of: "loss"` the head
   * whose loss alone was not. `kept`: the epoch whose weights stay (none before the first).
   */
  "loss-not-finite": defineMessage<{
    is: "NaN" | "infinite";
    of?: "weights" | "loss";
    step: number;
    epoch: number;
    text?: string;
    kept?: number;
  }>({
    severity: "error",
    message: (f) =>
      `The ${f.of ?? "loss"} became ${f.is} in step ${number(f.step)} (epoch ${number(f.epoch)})${f.text === undefined ? "" : `, first ${firstIn[f.of ?? "output"]} ${tick(f.text)}`}.`,
    help: (f) =>
      `add \`clip: norm(1)\` to \`train\`, or lower the rate${f.kept === undefined || f.kept < 1 ? "" : `; the run keeps the weights of epoch ${number(f.kept)}`}`,
    needs: "run",
  }),
  /** `needs`, `free`: bytes; `write`: the same result in less memory. */
  "out-of-memory": defineMessage<{ step: number; needs: number; free: number; write: string }>({
    severity: "error",
    message: (f) => `Step ${number(f.step)} needs about ${size(f.needs)}; ${size(f.free)} is free.`,
    help: (f) => `write ${code(f.write)}`,
    fix: "offer",
    needs: "run",
  }),
  /** `run`: what can be resumed, once something was trained (new rows of a trained model: true). */
  "file-changed": defineMessage<{ path: string; how: "changed" | "vanished"; run?: string | true }>({
    severity: "error",
    message: (f) => `${path(f.path)} ${f.how} while it was read.`,
    help: (f) =>
      typeof f.run !== "string"
        ? `start again ${f.how === "vanished" ? "when it is back" : "when it stays as it is"}`
        : `${code(`mmfc train --resume ${path(f.run)}`)} when it is back`,
    needs: "run",
  }),
  /** `weighable`: false where no classes are guessed, whose weights could be evened out. */
  "same-prediction": defineMessage<{ name: string; value: string; rows: number; weighable?: boolean }>({
    severity: "warning",
    message: (f) => `${tick(f.name)} predicts ${quoted(f.value)} for all ${count(f.rows, "row")} of validation.`,
    help: (f) => (f.weighable === false ? "train longer" : "train longer, or write `class_weight: balanced`"),
    fix: "offer",
    needs: "run",
  }),
  /** `bugs`: the page for reports. */
  "trace-differs": defineMessage<{ text: string; bugs: string }>({
    severity: "warning",
    message: (f) => `Training goes op by op, which is slower: as one graph ${tick(f.text)} gave another result.`,
    help: (f) => `report it at ${f.bugs}; the numbers are right`,
    needs: "run",
  }),
};

export const runs = {
  /** `lacks`: the file a run has; `near`: the newest runs. */
  "run-missing": defineMessage<{ path: string; lacks: string; near?: Near }>({
    severity: "error",
    message: (f) => `${path(f.path)} is not a run: it has no ${path(f.lacks)}.`,
    help: (f) => runHelp(f.near),
    needs: "run",
  }),
  /**
   * `best`: the epoch whose weights are used, which may be only the `last` whole one; 0: no epoch has ended, and they are
   * those after `step`. `running`: it is being trained at this moment; `failed`: it would fail again.
   */
  "run-unfinished": defineMessage<{
    path: string;
    epoch: number;
    of: number;
    best: number;
    last?: boolean;
    step?: number;
    running?: boolean;
    failed?: boolean;
  }>({
    severity: "note",
    message: (f) =>
      `${path(f.path)} ${f.running === true ? "is being trained," : "stopped"} in epoch ${number(f.epoch)} of ${number(f.of)}: ${
        f.best > 0
          ? `its ${f.last === true ? "last" : "best"} weights are used, those of epoch ${number(f.best)}`
          : `its weights after step ${number(f.step ?? 0)} are used`
      }.`,
    help: (f) =>
      f.running === true || f.failed === true
        ? undefined
        : `finish it with ${code(`mmfc train --resume ${path(f.path)}`)}`,
    needs: "run",
  }),
  /** `use`: the version of mmfc that reads it; `resumable`: it can be finished; else it is to be trained again. */
  "run-unreadable": defineMessage<{ path: string; why: string; use?: string; resumable?: boolean }>({
    severity: "error",
    message: (f) => `${path(f.path)} is not readable: ${f.why}.`,
    help: (f) =>
      f.resumable === true
        ? `finish it with ${code(`mmfc train --resume ${path(f.path)}`)}`
        : f.use === undefined
          ? "train again"
          : `use mmfc ${f.use}`,
    needs: "run",
  }),
  /** `was`, `here`: printed ("13 classes", "another table"). */
  "resume-differs": defineMessage<{ path: string; was: readonly string[]; here: readonly string[]; spec: string }>({
    severity: "error",
    message: (f) =>
      `${path(f.path)} was trained with ${list(f.was)}, here ${f.here.length === 1 ? "is" : "are"} ${list(f.here)}.`,
    help: (f) => `start a new run: ${code(`mmfc train ${path(f.spec)}`)}`,
    needs: "run",
  }),
  /** `process`: its number. */
  "run-in-use": defineMessage<{ path: string; process: number }>({
    severity: "error",
    message: (f) => `${path(f.path)} is being trained by process ${f.process}.`,
    help: () => "wait for it, or write `-o` another folder",
    needs: "run",
  }),
  "out-exists": defineMessage<{ path: string }>({
    severity: "error",
    message: (f) => `${path(f.path)} is there and was not written by mmfc.`,
    help: () => "choose another, or add `--force`",
    needs: "run",
  }),
};

export const engine = {
  /** `gpu`: an idle one ("NVIDIA A10"): then TensorFlow is there and this is a note; `times`: how much longer it takes. */
  /** `times`: only where it was measured on this machine. */
  "engine-slow": defineMessage<{ on: "wasm" | "the CPU"; gpu?: string; times?: number }>({
    severity: { usually: "warning", of: (f) => (f.gpu === undefined ? "warning" : "note") },
    message: (f) =>
      `Training runs on ${f.on}, ${f.gpu === undefined ? "without TensorFlow" : `beside an idle ${f.gpu}`}: ${f.times === undefined ? "the larger the model, the slower" : `expect ${number(f.times)} times the time`}.`,
    help: (f) => (f.gpu === undefined ? "`mmfc engine install`" : "`mmfc engine install --gpu`"),
    needs: "engine",
  }),
  /** `path`: where it lies, left out for the download; `another`: another engine is used instead, a warning. */
  "engine-unusable": defineMessage<{ path?: string; why: string; another: boolean }>({
    severity: { usually: "error", of: (f) => (f.another ? "warning" : "error") },
    message: (f) =>
      `TensorFlow ${f.path === undefined ? "for download" : `in ${path(f.path)}`} is not usable: ${f.why}.`,
    help: () => "`mmfc engine install`, or set MMFC_TENSORFLOW to its folder",
    needs: "engine",
  }),
  "node-version": defineMessage<{ version: string }>({
    severity: "error",
    message: (f) => `mmfc runs on Node 20.19 or later; this is ${f.version}.`,
    help: () => "install Node 24",
    needs: "engine",
  }),
  "ffmpeg-missing": defineMessage<{ path: string }>({
    severity: "error",
    message: (f) => `${path(f.path)} needs ffmpeg, which is not on this machine.`,
    help: () => "install ffmpeg, or store sound as WAV",
    needs: "engine",
  }),
  /** `needs`: bytes, where they are known; `run`: what can be resumed. */
  "disk-full": defineMessage<{ path: string; needs?: number; run?: string }>({
    severity: "error",
    message: (f) =>
      `The disk of ${path(f.path)} is full${f.needs === undefined ? "" : `; ${size(f.needs)} more is needed`}.`,
    help: (f) => `free some${typeof f.run !== "string" ? "" : `, then ${code(`mmfc train --resume ${path(f.run)}`)}`}`,
    needs: "engine",
  }),
  /** `run`: what can be resumed; `gone`: a run that is no longer there. */
  "no-access": defineMessage<{ path: string; how: "read" | "written"; why: string; run?: string; gone?: boolean }>({
    severity: "error",
    message: (f) => `${path(f.path)} cannot be ${f.how}: ${f.why}.`,
    help: accessHelp,
    needs: "engine",
  }),
};

export const internal = {
  /** `doing`: "checking"; `place`: "odd.mmf:27"; `bugs`: the page for reports. */
  "internal-error": defineMessage<{ version: string; doing: string; place: string; bugs: string }>({
    severity: "error",
    message: (f) => `mmfc ${f.version} stopped by a mistake of its own while ${f.doing} ${f.place}.`,
    help: (f) => `report this line and the spec at ${f.bugs}; \`MMFC_DEBUG=1\` shows more`,
    needs: "engine",
  }),
  "internal-tensorflow": defineMessage<{ text: string; place: string; why: string; bugs: string }>({
    severity: "error",
    message: (f) => `TensorFlow stopped in ${tick(f.text)}, ${f.place}: ${f.why.trim().replace(/\.$/, "")}.`,
    help: (f) => `report this line and the spec at ${f.bugs}; \`MMFC_DEBUG=1\` shows more`,
    needs: "engine",
  }),
};

const firstIn = { output: "in the output of", weights: "those of", loss: "that of" } as const;

function accessHelp(f: { how: "read" | "written"; why: string; run?: string; gone?: boolean }): string | undefined {
  const { how, why } = f;
  if (f.gone === true) return "start again, and leave the folder where it is";
  if (typeof f.run === "string") return `change that, then ${code(`mmfc train --resume ${path(f.run)}`)}`;
  if (why.startsWith("too many files")) return "close some, or raise the limit: `ulimit -n 4096`";
  if (how === "written")
    return /rights|permission/.test(why)
      ? "change its rights, or write `-o` another folder"
      : "write `-o` another folder";
  return /rights|permission/.test(why) ? "change its rights" : undefined;
}

function runHelp(found: Near | undefined): string | undefined {
  if (found === undefined) return undefined;
  if (found.kind !== "none") return nearHelp(found, path);
  return found.legal.length === 0 ? undefined : `the newest runs are ${list(found.legal.slice(0, 3).map(path))}`;
}
