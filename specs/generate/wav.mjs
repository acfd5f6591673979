/** Writes WAV files with nothing but Node: one channel, 16 bits. */

/** The bytes of a WAV of `samples` (numbers from -1 to 1; what lies outside is cut) at `rate` samples a second. */
export function encodeWav(samples, rate) {
  const file = Buffer.alloc(44 + 2 * samples.length);
  file.write("RIFF", 0, "latin1");
  file.writeUInt32LE(file.length - 8, 4);
  file.write("WAVEfmt ", 8, "latin1");
  file.writeUInt32LE(16, 16); // the length of what follows
  file.writeUInt16LE(1, 20); // PCM
  file.writeUInt16LE(1, 22); // channels
  file.writeUInt32LE(rate, 24);
  file.writeUInt32LE(2 * rate, 28); // bytes a second
  file.writeUInt16LE(2, 32); // bytes a sample of all channels
  file.writeUInt16LE(16, 34); // bits a sample
  file.write("data", 36, "latin1");
  file.writeUInt32LE(2 * samples.length, 40);
  samples.forEach((sample, i) => {
    file.writeInt16LE(Math.round(32_767 * Math.max(-1, Math.min(1, sample))), 44 + 2 * i);
  });
  return file;
}
