import { readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { augmentWaveform, maskFeatures } from "../../../runtime/data/audio-augment.ts";
import { realFft } from "../../../runtime/data/fft.ts";
import { createRandom } from "../../../runtime/data/random.ts";
import { resample } from "../../../runtime/data/resample.ts";
import { createSpectral, hann, hertzToMel, melBands, type SpectralSettings } from "../../../runtime/data/spectral.ts";
import { readWav } from "../../../runtime/data/wav.ts";
import { cases, difference, hasShared, type Numbers, shared } from "./shared.ts";

interface AudioCase {
  readonly name: string;
  readonly id?: string;
  readonly signal?: string;
  readonly sr?: number;
  readonly args?: Record<string, never>;
  readonly y_int16?: Numbers;
  readonly x?: Numbers;
  readonly n?: number;
  readonly out: Numbers & { re?: number[]; im?: number[] };
}

const base: SpectralSettings = {
  kind: "mel",
  rate: 8000,
  fft: 256,
  hop: 128,
  scale: "db",
  bands: 20,
  fmin: 0,
  fmax: 4000,
  coefficients: 0,
};

describe.skipIf(!hasShared)("sound as librosa has it", () => {
  const all = (hasShared ? cases("peer_fixtures/audio.json.gz") : []) as unknown as AudioCase[];
  const signals = new Map(
    all
      .filter((one) => one.name === "signal")
      .map((one) => [one.id!, Float32Array.from(one.y_int16!.data as number[], (x) => x / 32768)]),
  );
  /** Fixtures are [bands, frames], values here are [frames, bands]. */
  const turned = (out: Numbers): number[] => {
    const [bands, frames] = out.shape as [number, number];
    return Array.from({ length: bands * frames }, (_, i) => out.data[(i % bands) * frames + Math.floor(i / bands)]!);
  };

  it("mel in decibels (power_to_db)", () => {
    const wanted = all.filter(
      (one) => one.name === "power_to_db" && JSON.stringify(one.args).includes('"hop_length":128,"n_mels":20}'),
    );
    expect(wanted.length).toBe(3);
    for (const one of wanted) {
      const got = createSpectral(base)(signals.get(one.signal!)!);
      expect(got.frames).toBe(one.out.shape[1]);
      // librosa computes in float32: 1e-4 relative of values up to 80 dB, more where a band is near silence.
      expect(difference(got.values, turned(one.out))).toBeLessThan(2e-3);
    }
  });

  it("MFCC", () => {
    const wanted = all.filter((one) => one.name === "mfcc");
    expect(wanted.length).toBe(3);
    for (const one of wanted) {
      const got = createSpectral({ ...base, kind: "mfcc", bands: 40, coefficients: 13 })(signals.get(one.signal!)!);
      const scale = Math.max(...(one.out.data as number[]).map(Math.abs));
      expect(difference(got.values, turned(one.out)) / scale).toBeLessThan(1e-4);
    }
  });

  it("Fourier transforms of any length", () => {
    const wanted = all.filter((one) => one.name === "rfft");
    expect(wanted.length).toBeGreaterThan(2);
    for (const one of wanted) {
      const x = Float64Array.from(one.x!.data as number[]);
      const bins = (x.length >> 1) + 1;
      const [re, im] = [new Float64Array(bins), new Float64Array(bins)];
      realFft(x.length)(x, re, im);
      expect(difference(re, one.out.re!)).toBeLessThan(1e-6);
      expect(difference(im, one.out.im!)).toBeLessThan(1e-6);
    }
  });

  it("145 filter banks of D. Ellis' MATLAB code (Slaney's)", () => {
    const lines = gunzipSync(readFileSync(path.join(shared, "data/librosa_fixtures/melfb.jsonl.gz")))
      .toString("utf8")
      .trim()
      .split("\n");
    let compared = 0;
    for (const line of lines) {
      const bank = JSON.parse(line);
      if (bank.htk || bank.norm !== "slaney" || bank.width !== 1) continue;
      const got = melBands(bank.sr, bank.nfft, bank.nfilts, bank.fmin, bank.fmax);
      const dense = got.map(({ first, weights }) => {
        const row = new Float64Array((bank.nfft >> 1) + 1);
        row.set(weights, first);
        return row;
      });
      const wanted = got.map(() => new Float64Array((bank.nfft >> 1) + 1));
      bank.val.forEach((value: number, i: number) => {
        if (bank.col[i] < wanted[0]!.length) wanted[bank.row[i]]![bank.col[i]] = value;
      });
      for (const [b, row] of dense.entries()) expect(difference(row, wanted[b]!)).toBeLessThan(1e-6);
      compared++;
    }
    expect(compared).toBeGreaterThan(10);
  });

  it("windows and mel scales", () => {
    const window = all.find(
      (one) =>
        one.name === "window" &&
        (one.args as unknown as { kind: string }).kind === "hann" &&
        (one.args as unknown as { n: number; periodic: boolean }).periodic,
    );
    if (window !== undefined)
      expect(difference(hann((window.args as unknown as { n: number }).n), window.out.data)).toBeLessThan(1e-9);
    const scale = all.find((one) => one.name === "hz_to_mel" && !(one.args as unknown as { htk: boolean }).htk);
    if (scale?.x !== undefined)
      expect(difference((scale.x.data as number[]).map(hertzToMel), scale.out.data)).toBeLessThan(1e-6);
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
