/** Pages of the training, runs, engine and internal families: none of them comes from a spec alone. */
import type { engine, internal, runs, training } from "../catalogue/machine.ts";
import type { Page } from "../define.ts";
import { note } from "./example.ts";

export const trainingPages: Record<keyof typeof training, Page> = {
  "loss-not-finite": {
    doc: "The loss became NaN or infinite: a rate too high, numbers too large, a logarithm or a division of nothing. The stage where it began is named, and the last good weights are kept.",
    bad: note("`optimizer: sgd(10)` on numbers that are not normalized"),
    good: note("`optimizer: adam(1e-3)`"),
  },
  "out-of-memory": {
    doc: "A training step needs more memory than is free. A smaller batch with `accumulate` gives the same result in less.",
    bad: note("`batch_size: 512` of large pictures"),
    good: note("`batch_size: 64, accumulate: 8`"),
  },
  "file-changed": {
    doc: "A table or file was changed or removed while it was being read, so half of the rows would be old and half new.",
    bad: note("a table that another program writes while training reads it"),
    good: note("a copy of it"),
  },
  "same-prediction": {
    doc: "The head says the same for every validation row. It has learned which class is the most frequent, and nothing else yet.",
    bad: note("a class of 2 % after one epoch"),
    good: note("the same with `class_weight: balanced`"),
  },
  "trace-differs": {
    doc: "A step as one graph is compared with the same step op by op before it is trusted. They differed, so training goes op by op: slower, and right.",
    bad: note("a mistake of mmfc or of TensorFlow"),
    good: note("a later version"),
  },
};

export const runsPages: Record<keyof typeof runs, Page> = {
  "run-missing": {
    doc: "`eval`, `predict` and `--resume` take the folder of a run, or the folder above it: its newest run is taken.",
    bad: note("`mmfc eval runs/Digts`"),
    good: note("`mmfc eval runs/Digits`"),
  },
  "run-unfinished": {
    doc: "Training was stopped before its last epoch. The best weights so far can be used.",
    bad: note("`mmfc eval` of a run that was stopped with Ctrl-C"),
    good: note("the same after `mmfc train --resume`"),
  },
  "run-unreadable": {
    doc: "The folder is a run, but a file of it is cut off, or a later version of mmfc wrote it.",
    bad: note("a run whose weights were only half copied"),
    good: note("the run copied whole"),
  },
  "resume-differs": {
    doc: "Going on makes sense only with the same spec, table and classes. Something has changed since.",
    bad: note("`mmfc train --resume` after a class was added"),
    good: note("a new run"),
  },
  "run-in-use": {
    doc: "Another process is training into this folder. Two would write over each other.",
    bad: note("the same `mmfc train -o out` in two terminals"),
    good: note("two folders"),
  },
  "out-exists": {
    doc: "What mmfc wrote it may write over; anything else it leaves alone unless it is told to.",
    bad: note("`mmfc graph credit.mmf -o notes.md`, which somebody wrote"),
    good: note("another name, or `--force`"),
  },
};

export const enginePages: Record<keyof typeof engine, Page> = {
  "engine-slow": {
    doc: "mmfc trains anywhere, but without TensorFlow, or without the GPU that stands idle, it takes much longer. Results are the same.",
    bad: note("a machine without TensorFlow"),
    good: note("the same after `mmfc engine install`"),
  },
  "engine-unusable": {
    doc: "There is a TensorFlow, or one was to be fetched, and it does not work here: too old, for another processor, cut off. If another engine is used, this is a warning.",
    bad: note("TensorFlow 2.8 in the folder of MMFC_TENSORFLOW"),
    good: note("TensorFlow 2.12 or later"),
  },
  "node-version": {
    doc: "mmfc uses what Node has since 20.19.",
    bad: note("Node 18"),
    good: note("Node 24"),
  },
  "ffmpeg-missing": {
    doc: "WAV and pictures are read by mmfc itself; MP3, AAC and video need ffmpeg.",
    bad: note("calls as .mp3 on a machine without ffmpeg"),
    good: note("calls as .wav"),
  },
  "disk-full": {
    doc: "The prepared data, a checkpoint or a result did not fit on the disk. What was saved before stays whole.",
    bad: note("a cache of 12 GB on a disk with 8 GB"),
    good: note("XDG_CACHE_HOME on another disk"),
  },
  "no-access": {
    doc: "The system refuses to read or write this file or folder.",
    bad: note("a run folder that belongs to another user"),
    good: note("`-o` with a folder of one's own"),
  },
};

export const internalPages: Record<keyof typeof internal, Page> = {
  "internal-error": {
    doc: "mmfc met something it did not expect. It is never the spec's fault: a mistake in a spec has a message of its own.",
    bad: note("a mistake of mmfc"),
    good: note("a report of it"),
  },
  "internal-tensorflow": {
    doc: "TensorFlow stopped with an error that the checks before should have made impossible.",
    bad: note("a mistake of mmfc or of TensorFlow"),
    good: note("a report of it"),
  },
};
