/**
 * `node generate.mjs [FOLDER] [--rows N] [--seed N]` makes up rows for seed.mmf: a CSV, pictures (PNG) and recordings (WAV).
 * Each modality casts a vote: the text praises or complains, the picture is rather warm or rather cold, the tone rises or
 * falls. The label is what at least two of the three say, so one modality alone is right in three rows of four. Needs Node
 * and nothing else; the same seed makes the same bytes.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { encodePng } from "../generate/png.mjs";
import { createRandom } from "../generate/random.mjs";
import { encodeWav } from "../generate/wav.mjs";

/** Writes samples.csv and media/ into `folder`. */
export function generateSeed({ folder, rows = 320, seed = 1 }) {
  const random = createRandom(seed);
  mkdirSync(path.join(folder, "media"), { recursive: true });
  const lines = ["id,text,label"];
  for (let i = 1; i <= rows; i++) {
    const id = `s${String(i).padStart(4, "0")}`;
    const votes = Array.from({ length: 3 }, () => random.integer(2));
    const [praises, warm, rises] = votes;
    writeFileSync(path.join(folder, "media", `${id}.png`), makePicture(random, warm));
    writeFileSync(path.join(folder, "media", `${id}.wav`), makeTone(random, rises));
    lines.push(`${id},${makeText(random, praises)},${praises + warm + rises >= 2 ? 1 : 0}`);
  }
  writeFileSync(path.join(folder, "samples.csv"), `${lines.join("\n")}\n`);
}

const words = {
  praise: ["bright", "lovely", "clear", "generous", "delightful", "excellent", "pleasant", "warm"],
  complaint: ["dull", "awful", "muddled", "stingy", "tiresome", "terrible", "unpleasant", "cold"],
  other: [
    "the",
    "film",
    "scene",
    "music",
    "was",
    "and",
    "with",
    "a",
    "story",
    "about",
    "people",
    "in",
    "town",
    "we",
    "saw",
  ],
};

/** Twenty to forty words, a quarter of which praise or complain. */
function makeText(random, praises) {
  const length = 20 + random.integer(21);
  const own = praises ? words.praise : words.complaint;
  return Array.from({ length }, () => random.pick(random.uniform() < 0.25 ? own : words.other)).join(" ");
}

const side = 150;

/** Blurred discs of mixed colours over a warm or cold ground. */
function makePicture(random, warm) {
  const ground = warm ? [190, 140, 100] : [100, 140, 190];
  const discs = Array.from({ length: 6 }, () => ({
    x: random.uniform() * side,
    y: random.uniform() * side,
    radius: 10 + 20 * random.uniform(),
    color: Array.from({ length: 3 }, () => 255 * random.uniform()),
  }));
  const pixels = new Uint8Array(side * side * 3);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const inside = discs.find((disc) => (x - disc.x) ** 2 + (y - disc.y) ** 2 < disc.radius ** 2);
      const color = inside?.color ?? ground;
      for (let c = 0; c < 3; c++) pixels[(y * side + x) * 3 + c] = color[c] * (0.9 + 0.2 * random.uniform());
    }
  }
  return encodePng({ width: side, height: side, channels: 3, pixels });
}

const rate = 22_050;
const seconds = 3;

/** A soft tone that glides by half an octave, and a little noise. */
function makeTone(random, rises) {
  const low = 300 + 300 * random.uniform();
  const samples = new Float32Array(rate * seconds);
  let phase = random.uniform();
  for (let i = 0; i < samples.length; i++) {
    const way = i / samples.length;
    phase += (low * 2 ** (0.5 * (rises ? way : 1 - way))) / rate;
    samples[i] = 0.03 * Math.sin(2 * Math.PI * phase) + 0.002 * (random.uniform() - 0.5);
  }
  return encodeWav(samples, rate);
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { rows: { type: "string", default: "320" }, seed: { type: "string", default: "1" } },
  });
  const folder = positionals[0] ?? path.join(path.dirname(fileURLToPath(import.meta.url)), "data");
  generateSeed({ folder, rows: Number(values.rows), seed: Number(values.seed) });
  console.log(`${values.rows} rows in ${folder}, seed ${values.seed}`);
}
