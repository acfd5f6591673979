/** audio: sound as frames of features, of one length, the rest masked. Sizes follow librosa's definitions. */
import { printInteger } from "../../../grammar/print.ts";
import type { AudioFeatures, AudioPlan, SampleCount } from "../../../plan/plan.ts";
import { type Dim, symbol } from "../../types/dim.ts";
import { axis, printType, tensor } from "../../types/type.ts";
import { type ArgValue, call, choice, either, int, list } from "../define.ts";
import {
  absence,
  augmentSteps,
  basePlan,
  count,
  hide,
  index,
  type Modality,
  type ModalityFacts,
  media,
  own,
  plainCall,
  secondsOf,
  where,
  withItems,
} from "./kind.ts";

/** A duration as samples, rounded to the next power of two; samples as they are. */
function windowSamples(value: ArgValue, rate: number | undefined): SampleCount {
  if (typeof value === "number") return value;
  const seconds = secondsOf(value) ?? 0;
  return rate === undefined ? { seconds } : 2 ** Math.ceil(Math.log2(Math.max(1, seconds * rate)) - 1e-9);
}

interface Sound {
  readonly rate: number | undefined;
  readonly features: AudioFeatures;
  readonly word: string;
  readonly frames: number | undefined;
  readonly bands: Dim;
}

function soundOf({ name, args }: ModalityFacts): Sound {
  const given = args.value("rate");
  const rate = typeof given === "number" ? given : undefined;
  const feature = args.value("features") as { word: string; args: { [name: string]: ArgValue } };
  const length = args.value("length")!;
  const channels = args.number("channels");
  const of = feature.args;
  const fft: SampleCount = of.fft === undefined ? 0 : windowSamples(of.fft, rate);
  const hop: SampleCount = of.hop === undefined ? 1 : windowSamples(of.hop, rate);
  const seconds = secondsOf(length);
  const frames =
    seconds === undefined
      ? (length as number)
      : rate === undefined || typeof hop !== "number"
        ? undefined
        : feature.word === "waveform"
          ? Math.round(seconds * rate)
          : Math.floor(Math.round(seconds * rate) / hop) + 1;
  const bands: Dim =
    feature.word === "waveform"
      ? channels
      : feature.word === "spectrogram"
        ? typeof fft === "number"
          ? fft / 2 + 1
          : symbol(`${name}.bands`)
        : ((feature.word === "mel" ? of.bands : of.coefficients) as number);
  const features: AudioFeatures =
    feature.word === "waveform"
      ? { waveform: {} }
      : feature.word === "spectrogram"
        ? { spectrogram: { fft, hop, scale: of.scale as "db" } }
        : feature.word === "mel"
          ? {
              mel: {
                bands: of.bands as number,
                fft,
                hop,
                scale: of.scale as "db",
                fmin: of.fmin as number,
                ...(of.fmax === undefined ? {} : { fmax: of.fmax as number }),
                ...(of.htk === true ? { htk: true as const } : {}),
                ...(of.norm === "none" ? { norm: "none" as const } : {}),
              },
            }
          : { mfcc: { coefficients: of.coefficients as number, bands: of.bands as number, fft, hop } };
  return { rate, features, word: feature.word, frames, bands };
}

export const audio: Modality = {
  name: "audio",
  role: "modality",
  doc: "Sound (WAV; MP3 and others through ffmpeg) as features in frames, of one length, the rest masked.",
  source: "librosa's definitions",
  example: 'modality call: audio { file: "{call}", rate: 16kHz, length: 10s, features: mel(bands: 64) }',
  params: {
    ...own,
    ...media,
    index,
    rate: either("Samples a second; native: as the files have it, all alike.", {
      kinds: [{ is: "frequency" }, { is: "choice", of: ["native"] }],
      default: "native",
    }),
    length: either("A duration, or a number of frames; longer sound is cut, shorter masked.", {
      kinds: [{ is: "duration" }, { is: "int", min: 1 }],
      required: true,
    }),
    channels: int("Channels; more are averaged.", { min: 1, max: 2, default: 1 }),
    features: call("What is computed from the samples.", { roles: ["sound"], required: true }),
    normalize: choice("standard: a mean and a deviation per band, of training rows.", { of: ["standard", "none"] }),
    augment: list("Changes drawn anew each epoch, training rows only.", { of: { is: "call", roles: ["augment"] } }),
    count,
    ...absence,
    ...where,
  },
  infer(facts) {
    const sound = soundOf(facts);
    const time: Dim = sound.frames ?? symbol(`${facts.name}.time`);
    const bands = sound.word === "waveform" ? "channels" : "bands";
    return withItems(
      facts,
      "audio",
      tensor("f32", [
        axis("time", time, facts.origin("length"), true),
        axis(bands, sound.bands, facts.origin("features")),
      ]),
    );
  },
  plan(facts): AudioPlan {
    const { args } = facts;
    const sound = soundOf(facts);
    const length = args.value("length")!;
    return {
      type: "audio",
      ...basePlan(facts),
      rate: sound.rate ?? "native",
      ...(secondsOf(length) === undefined ? { frames: length as number } : { seconds: secondsOf(length) as number }),
      channels: args.number("channels"),
      features: sound.features,
      normalize: (args.maybeString("normalize") ?? (sound.word === "waveform" ? "none" : "standard")) as "none",
      augment: ((args.value("augment") as ArgValue[] | undefined) ?? []).map(plainCall),
    };
  },
  steps(facts) {
    const { args } = facts;
    const sound = soundOf(facts);
    const type = printType(this.infer(facts));
    const length = args.value("length")!;
    const seconds = secondsOf(length);
    const waveType =
      seconds !== undefined && sound.rate !== undefined
        ? `f32[B, time=${Math.round(seconds * sound.rate)}]`
        : "f32[B, time=?]";
    const rate =
      sound.rate === undefined ? "native" : sound.rate % 1000 === 0 ? `${sound.rate / 1000}kHz` : `${sound.rate}Hz`;
    const drawn = augmentSteps(args, waveType);
    const onFeatures = drawn.filter((s) => s.text.startsWith("mask_")).map((s) => ({ ...s, type }));
    const normalize = args.maybeString("normalize") ?? (sound.word === "waveform" ? "none" : "standard");
    const features = sound.word === "waveform" ? [] : [{ text: facts.origin("features").text, type }];
    const normalized = normalize === "none" ? [] : [{ text: `normalize(${normalize})`, type, fitted: true as const }];
    const decode = { text: sound.rate === undefined ? "decode" : `decode(${rate})`, type: "f32[B, time=?]" };
    const waves = drawn.filter((s) => !s.text.startsWith("mask_"));
    if (seconds === undefined) {
      // a number of frames can only be cut once there are frames
      const long = type.replace(/time=\d+/, "time=?");
      return [
        decode,
        ...waves,
        ...features.map((f) => ({ ...f, type: long })),
        { text: `trim(${printInteger(length as number)} frames)`, type },
        ...normalized,
        ...onFeatures,
        ...hide(facts, type),
      ];
    }
    return [
      decode,
      { text: `trim(${secondsText(seconds)})`, type: waveType },
      ...waves,
      ...features,
      ...normalized,
      ...onFeatures,
      ...hide(facts, type),
    ];
  },
};

const secondsText = (seconds: number): string => (seconds >= 1 ? `${seconds}s` : `${Math.round(seconds * 1000)}ms`);
