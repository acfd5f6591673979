import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { augmentWaveform, maskFeatures } from "../../../runtime/data/audio-augment.ts";
import { realFft } from "../../../runtime/data/fft.ts";
import { createRandom } from "../../../runtime/data/random.ts";
import { resample } from "../../../runtime/data/resample.ts";
import {
  createSpectral,
  dctTable,
  hann,
  hertzToMel,
  melBands,
  melToHertz,
  type SpectralSettings,
} from "../../../runtime/data/spectral.ts";
import { readWav } from "../../../runtime/data/wav.ts";
import { type Case, casesFor, casesOf, nameOf } from "../fixtures.ts";
import { difference, hasShared, type Numbers, shared } from "./shared.ts";

/** Samples of the signal that a case names, the settings that its arguments are, and the frames that come before its own. */
function spectralCase(one: Case, kind: SpectralSettings["kind"]): { frames: number; values: Float64Array } {
  const args = one.args.of ?? one.args;
  const signal = casesOf("peer_fixtures/audio").find(({ name, id }) => name === "signal" && id === one.signal)!;
  const samples = Float32Array.from(signal.y_int16.data as number[], (x) => x / 32768);
  const spectral = createSpectral({
    kind,
    rate: signal.sr,
    fft: args.n_fft,
    hop: args.hop_length,
    scale: one.name === "power_to_db" ? "db" : "power",
    bands: args.n_mels ?? 0,
    fmin: args.fmin ?? 0,
    fmax: args.fmax ?? signal.sr / 2,
    coefficients: args.n_mfcc ?? 0,
    htk: args.htk === true,
    ...(args.norm === null ? { norm: "none" } : {}),
  });
  // Our frames have their middle where librosa's uncentred ones have their start: those begin half a window later.
  return spectral(args.center === false ? samples.subarray(args.n_fft >> 1) : samples);
}

/** Fixtures are [bands, frames], values here are [frames, bands]. */
const turned = ({ shape, data }: Numbers): number[] => {
  const [bands, frames] = shape as [number, number];
  return Array.from({ length: bands * frames }, (_, i) => data[(i % bands) * frames + Math.floor(i / bands)]!);
};

/** The frames that read nothing but samples of both, where ours start later. */
const inside = (one: Case, values: ArrayLike<number>): number[] => {
  const args = one.args.of ?? one.args;
  const [bands, frames] = one.out.shape as [number, number];
  const first = args.center === false ? Math.ceil((args.n_fft >> 1) / args.hop_length) : 0;
  return Array.from({ length: (frames - first) * bands }, (_, i) => values[first * bands + i]!);
};

const largest = (numbers: ArrayLike<number>): number =>
  Array.from(numbers).reduce((most, x) => Math.max(most, Math.abs(x)), 0);

/**
 * librosa computes in single precision: 1e-5 of the largest number. Decibels are logarithms: where a band is near silence
 * 1e-5 of the power is more, 2e-3 of 80 dB.
 */
const checks: { readonly [name: string]: (one: Case) => void } = {
  mel(one) {
    const wanted = inside(one, turned(one.out));
    expect(difference(inside(one, spectralCase(one, "mel").values), wanted)).toBeLessThan(1e-5 * largest(wanted));
  },
  power_to_db(one) {
    const wanted = inside(one, turned(one.out));
    if (one.args.of.center === false) {
      // Ours have a frame more at either end: 80 dB below the loudest frame is another number.
      const values = Float64Array.from([...inside(one, spectralCase({ ...one, name: "mel" }, "mel").values)]);
      const floor = Math.max(...(one.out.data as number[])) - one.args.top_db;
      const decibels = values.map((x) => Math.max(floor, 10 * Math.log10(Math.max(one.args.amin, x))));
      expect(difference(decibels, wanted)).toBeLessThan(2e-3);
      return;
    }
    const { frames, values } = spectralCase(one, "mel");
    expect(frames).toBe(one.out.shape[1]);
    expect(difference(values, wanted)).toBeLessThan(2e-3);
  },
  mfcc(one) {
    const wanted = turned(one.out);
    expect(difference(spectralCase(one, "mfcc").values, wanted)).toBeLessThan(1e-4 * largest(wanted));
  },
  stft(one) {
    const { shape, re, im } = one.out;
    const power = re.map((x: number, i: number) => x * x + im[i] * im[i]);
    const wanted = inside(one, turned({ shape, data: power }));
    expect(difference(inside(one, spectralCase(one, "spectrogram").values), wanted)).toBeLessThan(
      1e-5 * largest(wanted),
    );
  },
  rfft(one) {
    const x = Float64Array.from(one.x.data as number[]);
    const bins = (x.length >> 1) + 1;
    const [re, im] = [new Float64Array(bins), new Float64Array(bins)];
    realFft(x.length)(x, re, im);
    // The fixture has nine digits.
    expect(difference(re, one.out.re.slice(0, bins))).toBeLessThan(1e-6);
    expect(difference(im, one.out.im.slice(0, bins))).toBeLessThan(1e-6);
  },
  dct(one) {
    const n = one.x.data.length;
    const table = dctTable(n, n);
    const found = Array.from({ length: n }, (_, k) => {
      const sum = (one.x.data as number[]).reduce((all, x, i) => all + x * table[k * n + i]!, 0);
      // Without a norm, scipy gives twice the sum of cosines.
      return one.args.norm === "ortho" ? sum : sum * 2 * Math.sqrt(k === 0 ? n : n / 2);
    });
    expect(difference(found, one.out.data)).toBeLessThan(1e-6);
  },
  window(one) {
    const { n, periodic } = one.args;
    // A symmetric window is a periodic one of a sample less, and its first sample again.
    const found = periodic ? [...hann(n)] : [...hann(n - 1), hann(n - 1)[0]!];
    expect(difference(found, one.out.data)).toBeLessThan(1e-9);
  },
  // Thousands of mels and of hertz, in nine digits.
  hz_to_mel: (one) =>
    expect(
      difference(
        (one.x.data as number[]).map((x) => hertzToMel(x, one.args.htk)),
        one.out.data,
      ),
    ).toBeLessThan(1e-5),
  mel_to_hz: (one) =>
    expect(
      difference(
        (one.x.data as number[]).map((x) => melToHertz(x, one.args.htk)),
        one.out.data,
      ),
    ).toBeLessThan(1e-5),
};
const sameAs: { readonly [name: string]: string } = { melspectrogram: "mel", fft: "rfft" };

describe.skipIf(!hasShared)("sound as librosa has it", () => {
  it.each(casesFor("audio", "peer_fixtures/audio").map((one, i) => [i, nameOf(one), one] as const))(
    "%i %s",
    (_, __, one) => checks[sameAs[one.name] ?? one.name]!(one),
  );

  it("filter banks of D. Ellis' MATLAB code", () => {
    for (const bank of casesFor("audio", "librosa_fixtures/melfb")) {
      const { sr: rate, nfft: fft, nfilts: bands, fmin, fmax, htk } = bank;
      const norm = bank.norm === "none" ? { norm: "none" as const } : {};
      const got = melBands({ rate, fft, bands, fmin, fmax, htk: htk === 1, ...norm });
      const bins = (bank.nfft >> 1) + 1;
      const dense = got.map(({ first, weights }) => {
        const row = new Float64Array(bins);
        row.set(weights, first);
        return row;
      });
      const wanted = got.map(() => new Float64Array(bins));
      bank.val.forEach((value: number, i: number) => {
        if (bank.col[i] < bins) wanted[bank.row[i]]![bank.col[i]] = value;
      });
      for (const [b, row] of dense.entries()) expect(difference(row, wanted[b]!), bank.file).toBeLessThan(1e-6);
    }
  });

  it.each(casesFor("audio", "librosa_fixtures/stft").map((one) => [nameOf(one), one] as const))(
    "MATLAB's %s",
    async (_, one) => {
      const { samples, channels } = (await readWav(readFileSync(path.join(shared, "data/librosa_fixtures", one.wav))))!;
      const mono = Float64Array.from({ length: samples.length / channels }, (_, i) => {
        let sum = 0;
        for (let c = 0; c < channels; c++) sum += samples[i * channels + c]!;
        return sum / channels;
      });
      const bins = (one.nfft >> 1) + 1;
      const window = one.hann_w === 0 ? new Float64Array(one.nfft).fill(1) : hann(one.nfft);
      const [re, im] = [new Float64Array(bins), new Float64Array(bins)];
      for (const [i, frame] of (one.frames as number[]).entries()) {
        const start = frame * one.hop_length;
        realFft(one.nfft)(
          window.map((w, k) => w * mono[start + k]!),
          re,
          im,
        );
        // librosa is 2e-6 from it: single precision, sums of up to a thousand samples.
        expect(difference(re, one.re[i])).toBeLessThan(5e-6);
        expect(difference(im, one.im[i])).toBeLessThan(5e-6);
      }
    },
  );

  it("mel scales of D. Ellis' MATLAB code", () => {
    for (const { fn, f, htk, result } of casesFor("audio", "librosa_fixtures/scales")) {
      const of = fn === "hz_to_mel" ? hertzToMel : melToHertz;
      for (const [i, x] of (f as number[]).entries())
        expect(Math.abs(of(x, htk === 1) - result[i]) / Math.max(1, result[i])).toBeLessThan(1e-9);
    }
  });
});

describe("WAV", () => {
  const header = (code: number, channels: number, bits: number, data: Buffer): Buffer => {
    const head = Buffer.alloc(44);
    head.write("RIFF", 0);
    head.writeUInt32LE(36 + data.length, 4);
    head.write("WAVEfmt ", 8);
    head.writeUInt32LE(16, 16);
    head.writeUInt16LE(code, 20);
    head.writeUInt16LE(channels, 22);
    head.writeUInt32LE(8000, 24);
    head.writeUInt32LE((8000 * channels * bits) / 8, 28);
    head.writeUInt16LE((channels * bits) / 8, 32);
    head.writeUInt16LE(bits, 34);
    head.write("data", 36);
    head.writeUInt32LE(data.length, 40);
    return Buffer.concat([head, data]);
  };

  it("reads 8, 16, 24, 32 bits and floats", async () => {
    const values = [0.5, -0.5];
    const made: [number, number, Buffer][] = [
      [1, 8, Buffer.from([192, 64])],
      [1, 16, Buffer.from(Int16Array.of(16384, -16384).buffer)],
      [1, 24, Buffer.from([0, 0, 0x40, 0, 0, 0xc0])],
      [1, 32, Buffer.from(Int32Array.of(2 ** 30, -(2 ** 30)).buffer)],
      [3, 32, Buffer.from(Float32Array.of(0.5, -0.5).buffer)],
      [3, 64, Buffer.from(Float64Array.of(0.5, -0.5).buffer)],
    ];
    for (const [code, bits, data] of made) {
      const sound = (await readWav(header(code, 1, bits, data)))!;
      expect([...sound.samples]).toEqual(values);
      expect(sound.rate).toBe(8000);
    }
    expect(await readWav(header(6, 1, 8, Buffer.from([1])))).toBeUndefined();
  });

  it("says what is wrong", async () => {
    await expect(readWav(header(1, 1, 16, Buffer.alloc(0)))).rejects.toThrow("no samples");
    const whole = header(1, 1, 16, Buffer.alloc(100_000));
    await expect(readWav(whole.subarray(0, 4044))).rejects.toThrow("its header promises 100 kB, it has 4 kB");
    await expect(readWav(whole.subarray(0, 20))).rejects.toThrow("cut off");
  });
});

describe("resampling", () => {
  it("keeps a tone below both limits and removes one above the new limit", () => {
    const tone = (hertz: number, rate: number, n: number): Float32Array =>
      Float32Array.from({ length: n }, (_, i) => Math.sin((2 * Math.PI * hertz * i) / rate));
    const got = resample(tone(440, 44100, 44100), 44100, 16000);
    expect(got.length).toBe(16000);
    const wanted = tone(440, 16000, 16000);
    expect(difference(got.subarray(500, 15500), wanted.subarray(500, 15500))).toBeLessThan(2e-3);
    const gone = resample(tone(9000, 44100, 44100), 44100, 16000);
    expect(Math.max(...gone.subarray(500, 15500).map(Math.abs))).toBeLessThan(2e-3);
    const up = resample(tone(440, 8000, 8000), 8000, 22050);
    expect(difference(up.subarray(700, 21000), tone(440, 22050, 22050).subarray(700, 21000))).toBeLessThan(2e-3);
  });
});

describe("changes of training sound", () => {
  it("adds noise at the ratio asked for", () => {
    const wave = Float32Array.from({ length: 20000 }, (_, i) => Math.sin(i / 7));
    const before = wave.slice();
    augmentWaveform(wave, 20000, 1, [{ noise: { ratio: { from: 20, to: 20 } } }], createRandom(5));
    let noise = 0;
    let signal = 0;
    for (let i = 0; i < wave.length; i++) {
      noise += (wave[i]! - before[i]!) ** 2;
      signal += before[i]! ** 2;
    }
    expect(Math.abs(10 * Math.log10(signal / noise) - 20)).toBeLessThan(0.3);
  });

  it("shifts within its share and masks a run", () => {
    for (let seed = 0; seed < 20; seed++) {
      const wave = new Float32Array(1000);
      wave[500] = 1;
      const length = augmentWaveform(wave, 1000, 1, [{ shift: { share: 0.1 } }], createRandom(seed));
      expect(Math.abs(wave.indexOf(1) - 500)).toBeLessThanOrEqual(100);
      expect(length).toBeGreaterThanOrEqual(900);
    }
    const values = new Float32Array(200).fill(1);
    maskFeatures(values, 20, 10, [{ mask_bands: { share: 0.3 } }], createRandom(3));
    const zeros = values.filter((x) => x === 0).length;
    expect(zeros % 20).toBe(0);
    expect(zeros).toBeLessThanOrEqual(60);
  });
});
