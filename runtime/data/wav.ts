/** WAV files: PCM of 8, 16, 24 and 32 bits and floats, any number of channels. Other codecs inside are for ffmpeg. */

export interface Sound {
  readonly rate: number;
  readonly channels: number;
  /** Interleaved, -1 to 1. */
  readonly samples: Float32Array;
}

export function isWav(bytes: Buffer): boolean {
  return bytes.length >= 12 && bytes.toString("latin1", 0, 4) === "RIFF" && bytes.toString("latin1", 8, 12) === "WAVE";
}

const size = (bytes: number): string =>
  bytes < 1000
    ? `${bytes} bytes`
    : bytes < 1e6
      ? `${Math.round(bytes / 1e3)} kB`
      : bytes < 1e9
        ? `${Math.round(bytes / 1e6)} MB`
        : `${Math.round(bytes / 1e9)} GB`;

/**
 * Reads a WAV file.
 * @returns undefined for a codec that only ffmpeg knows
 * @throws Error with the reason, for the message
 */
export function readWav(bytes: Buffer): Sound | undefined {
  let format: { code: number; channels: number; rate: number; bits: number } | undefined;
  let at = 12;
  while (at + 8 <= bytes.length) {
    const id = bytes.toString("latin1", at, at + 4);
    const length = bytes.readUInt32LE(at + 4);
    const start = at + 8;
    if (id === "fmt ") {
      if (start + 16 > bytes.length) throw new Error(`cut off after ${size(bytes.length)}`);
      let code = bytes.readUInt16LE(start);
      if (code === 0xfffe && length >= 26) code = bytes.readUInt16LE(start + 24);
      format = {
        code,
        channels: bytes.readUInt16LE(start + 2),
        rate: bytes.readUInt32LE(start + 4),
        bits: bytes.readUInt16LE(start + 14),
      };
    } else if (id === "data") {
      if (format === undefined) throw new Error("its format is not said before its samples");
      // A writer that could not go back (a pipe) leaves one of these: the samples go on to the end.
      const open = length === 0xffffffff || length === 0x7fffffff || (length === 0 && start < bytes.length);
      if (!open && start + length > bytes.length)
        throw new Error(`its header promises ${size(length)}, it has ${size(bytes.length - start)}`);
      return decode(bytes.subarray(start, open ? bytes.length : start + length), format);
    }
    at = start + length + (length % 2);
  }
  throw new Error(format === undefined ? `cut off after ${size(bytes.length)}` : "no samples");
}

function decode(
  data: Buffer,
  format: { code: number; channels: number; rate: number; bits: number },
): Sound | undefined {
  const { code, channels, rate, bits } = format;
  const float = code === 3 && (bits === 32 || bits === 64);
  if (!float && !(code === 1 && [8, 16, 24, 32].includes(bits))) return undefined;
  if (channels < 1 || rate < 1) throw new Error("its header has no channels or no rate");
  const width = bits / 8;
  const frames = Math.floor(data.length / (width * channels));
  if (frames === 0) throw new Error("no samples");
  const samples = new Float32Array(frames * channels);
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  for (let i = 0, p = 0; i < samples.length; i++, p += width) {
    if (float) samples[i] = width === 4 ? view.getFloat32(p, true) : view.getFloat64(p, true);
    else if (width === 2) samples[i] = view.getInt16(p, true) / 32768;
    else if (width === 1) samples[i] = (view.getUint8(p) - 128) / 128;
    else if (width === 3) samples[i] = (view.getUint16(p, true) + view.getInt8(p + 2) * 65536) / 8388608;
    else samples[i] = view.getInt32(p, true) / 2147483648;
  }
  for (let i = 0; i < samples.length; i++)
    if (!Number.isFinite(samples[i]!)) throw new Error("samples that are no numbers");
  return { rate, channels, samples };
}
