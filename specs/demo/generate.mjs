/**
 * `node generate.mjs [FOLDER] [--rows N] [--seed N]` makes up earnings calls with a known answer: a CSV, chart pictures
 * (PNG) and recordings (WAV). Whether a company defaults follows from four parts that do not know of each other, and each
 * part shows in one modality alone, so a model is good only if it reads all four:
 *
 *   words   more worried than calm phrases in the report
 *   chart   how far the drawn price fell; the way there means nothing
 *   voice   a higher and more trembling voice
 *   ratios  leverage less return on assets; neither number says it alone
 *
 * A default is drawn with probability sigmoid(5 · (words + chart + voice + ratios)). Sector and size mean nothing. About
 * 8 % of the calls were not recorded. Needs Node and nothing else; the same seed makes the same bytes.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { encodePng } from "../generate/png.mjs";
import { createRandom } from "../generate/random.mjs";
import { encodeWav } from "../generate/wav.mjs";

const parts = ["words", "chart", "voice", "ratios"];
const shareWithoutCall = 0.08;
/** How sharply the sum of the parts decides. */
const steepness = 5;
const quarters = 15;

/** Writes the files into `folder`; returns what is known about them. */
export function generateCredit({ folder, rows = 1800, seed = 7 }) {
  const random = createRandom(seed);
  for (const name of ["charts", "calls"]) mkdirSync(path.join(folder, name), { recursive: true });
  const companies = makeCompanies(random, Math.ceil(rows / quarters));
  const calls = [];
  for (let i = 0; i < rows; i++) {
    const company = companies[i % companies.length];
    calls.push(makeCall(random, company, Math.floor(i / companies.length), folder));
  }
  calls.sort((a, b) => (a.call_date < b.call_date ? -1 : a.call_date > b.call_date ? 1 : a.ticker < b.ticker ? -1 : 1));
  const columns = ["ticker", "call_date", "sector", "report", "call", "leverage", "roa", "size", "default_12m"];
  const lines = [columns, ...calls.map((call) => columns.map((column) => call[column]))];
  writeFileSync(path.join(folder, "calls.csv"), lines.map((cells) => `${cells.map(csvCell).join(",")}\n`).join(""));
  return { rows, seed, ...knownAnswer(calls, random) };
}

/** One row, and its picture and recording. */
function makeCall(random, company, quarter, folder) {
  const { ticker, sector, size } = company;
  const call_date = dateOf(quarter, random.integer(25));
  const report = makeReport(random);
  const chart = makeChart(random);
  writeFileSync(path.join(folder, "charts", `${ticker}_${call_date}.png`), chart.png);
  const voice = makeVoice(random, company.timbre);
  const recorded = random.uniform() >= shareWithoutCall;
  const call = recorded ? `calls/${ticker}_${call_date}.wav` : "";
  if (recorded) writeFileSync(path.join(folder, call), voice.wav);
  const ratios = makeRatios(random);
  const evidence = { words: report.evidence, chart: chart.evidence, voice: voice.evidence, ratios: ratios.evidence };
  const risk = parts.reduce((sum, part) => sum + evidence[part], 0);
  const defaults = random.uniform() < chanceOf(risk);
  return {
    ticker,
    call_date,
    sector,
    report: report.text,
    call,
    leverage: ratios.leverage.toFixed(3),
    roa: ratios.roa.toFixed(4),
    size: (size + 0.2 * random.normal()).toFixed(2),
    default_12m: defaults ? "yes" : "no",
    evidence,
  };
}

function chanceOf(risk) {
  return 1 / (1 + Math.exp(-steepness * risk));
}

// Companies and dates: groups and time to split by, without a meaning.

const sectors = ["energy", "health", "retail", "technology", "transport"];

function makeCompanies(random, count) {
  const letters = "ABCDEFGHIJKLMNOPRSTUVWXYZ";
  const taken = new Set();
  while (taken.size < count)
    taken.add(Array.from({ length: 3 }, () => letters[random.integer(letters.length)]).join(""));
  return [...taken].map((ticker) => ({
    ticker,
    sector: random.pick(sectors),
    size: 8 + 1.2 * random.normal(),
    timbre: 0.8 + 0.6 * random.uniform(),
  }));
}

/** A day of an earnings season; quarters count from the first of 2015. */
function dateOf(quarter, day) {
  return new Date(Date.UTC(2015, 3 * quarter, 10 + day)).toISOString().slice(0, 10);
}

// The report: nine phrases. What counts is how many more of them are worried than calm, not which and not where.

const worried = [
  "covenant waiver requested",
  "liquidity has tightened",
  "going concern doubts",
  "overdue supplier payments",
  "impairment of goodwill",
  "lenders demand collateral",
  "credit line exhausted",
  "restructuring advisers hired",
  "litigation provisions rose",
  "customers cancelled orders",
];
const calm = [
  "record free cash",
  "dividend raised again",
  "debt repaid early",
  "margins expanded further",
  "strong order backlog",
  "rating upgrade confirmed",
  "ample undrawn facilities",
  "buyback programme completed",
  "contracts renewed early",
  "costs well controlled",
];
const neutral = [
  "the annual meeting follows in spring",
  "new offices opened in the capital",
  "the board appointed an auditor",
  "guidance follows next quarter",
  "the reporting segments were renamed",
  "headcount remained about unchanged",
  "the conference call lasted an hour",
  "accounting standards did not change",
];

function makeReport(random) {
  const balance = Math.max(-5, Math.min(5, Math.round(1.9 * random.normal())));
  // Some calm and worried phrases cancel, so that counting one kind is not enough.
  const pairs = random.integer(3);
  const phrases = [];
  for (let i = 0; i < pairs + Math.max(balance, 0); i++) phrases.push(random.pick(worried));
  for (let i = 0; i < pairs + Math.max(-balance, 0); i++) phrases.push(random.pick(calm));
  while (phrases.length < 9) phrases.push(random.pick(neutral));
  const text = random
    .shuffle(phrases)
    .map((phrase) => `${phrase[0].toUpperCase()}${phrase.slice(1)}.`)
    .join(" ");
  return { evidence: balance / 1.9, text };
}

// The chart: sixty closes from the same start, drawn on a scale that is always the same.

const chartSide = 96;
const days = 60;

function makeChart(random) {
  const evidence = bounded(random);
  const end = -0.17 * evidence;
  // A walk that is bent to arrive where it should: only its end is evidence.
  const walk = [0];
  for (let day = 1; day < days; day++) walk.push(walk[day - 1] + 0.016 * random.normal());
  const miss = end - walk[days - 1];
  const prices = walk.map((value, day) => value + (miss * day) / (days - 1));
  const pixels = new Uint8Array(chartSide * chartSide).fill(255);
  for (const line of [0.25, 0.5, 0.75])
    pixels.fill(225, line * chartSide * chartSide, (line * chartSide + 1) * chartSide);
  const heightOf = (price) => chartSide / 2 - (price / 0.5) * (chartSide / 2 - 3);
  for (let x = 2; x < chartSide - 2; x++) {
    const day = ((x - 2) / (chartSide - 5)) * (days - 1);
    const before = Math.min(Math.floor(day), days - 2);
    const price = prices[before] + (day - before) * (prices[before + 1] - prices[before]);
    const middle = heightOf(price);
    for (let y = Math.floor(middle) - 2; y <= middle + 3; y++) {
      const ink = Math.max(0, Math.min(1, 1.6 - Math.abs(y - middle)));
      if (y < 0 || y >= chartSide) continue;
      const at = y * chartSide + x;
      pixels[at] = Math.round(pixels[at] * (1 - ink) + 20 * ink);
    }
  }
  return { evidence, png: encodePng({ width: chartSide, height: chartSide, channels: 1, pixels }) };
}

// The voice: a second of vowels. Pitch and tremor are evidence; timbre, loudness and rhythm are not.

const rate = 8000;
const wave = 512;

function makeVoice(random, timbre) {
  const evidence = bounded(random);
  const pitch = 145 * 2 ** (0.42 * evidence);
  const tremor = 0.02 + 0.012 * (evidence + 2);
  const period = makePeriod(pitch, timbre);
  const loudness = 0.25 + 0.2 * random.uniform();
  const syllables = 3 + 2 * random.uniform();
  const start = random.uniform();
  const samples = new Float32Array(rate);
  let phase = start;
  for (let i = 0; i < rate; i++) {
    const second = i / rate;
    phase += (pitch * (1 + tremor * Math.sin(2 * Math.PI * (6.5 * second + start)))) / rate;
    const envelope = 0.55 + 0.45 * Math.sin(2 * Math.PI * (syllables * second + start));
    const noise = 0.01 * (random.uniform() - 0.5);
    samples[i] = loudness * envelope * period[Math.floor((phase % 1) * wave)] + noise;
  }
  return { evidence, wav: encodeWav(samples, rate) };
}

/** One period of the voice: harmonics under two formants. */
function makePeriod(pitch, timbre) {
  const period = new Float32Array(wave);
  const formants = [
    [600 * timbre, 200],
    [1500 * timbre, 300],
  ];
  for (let k = 1; k * pitch < 3600; k++) {
    const peaks = formants.reduce((sum, [middle, width]) => sum + Math.exp(-(((k * pitch - middle) / width) ** 2)), 0);
    const strength = (0.25 + peaks) / k ** 0.5;
    for (let i = 0; i < wave; i++) period[i] += strength * Math.sin((2 * Math.PI * k * i) / wave);
  }
  const most = period.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  return period.map((value) => value / most);
}

// The ratios: what counts is the difference of two standardized numbers.

function makeRatios(random) {
  const evidence = bounded(random);
  const other = random.normal();
  const leverage = 0.55 + 0.13 * ((evidence + other) / Math.SQRT2);
  const roa = 0.03 - 0.035 * ((evidence - other) / Math.SQRT2);
  return { evidence, leverage, roa };
}

/** A normal number of at most 2.4 either way, so that lines stay in the picture and voices in human range. */
function bounded(random) {
  for (;;) {
    const value = random.normal();
    if (Math.abs(value) <= 2.4) return value;
  }
}

/**
 * What the best possible model reaches, which knows the rule and the evidence but not the draw: with all parts there are
 * (a call that was not recorded is averaged over), and with each part alone.
 */
function knownAnswer(calls, random) {
  const draws = 200;
  const sumOf = (evidence, names) => names.reduce((sum, part) => sum + evidence[part], 0);
  /** The chance of default of a call of which only the parts `seen` are known, averaged over what others have hidden. */
  const chanceSeeing = (call, seen) => {
    const hidden = parts.filter((part) => !seen.includes(part));
    const known = sumOf(call.evidence, seen);
    if (hidden.length === 0) return chanceOf(known);
    let sum = 0;
    for (let i = 0; i < draws; i++) {
      let drawn = known;
      for (const part of hidden) drawn += calls[random.integer(calls.length)].evidence[part];
      sum += chanceOf(drawn);
    }
    return sum / draws;
  };
  const bestRate = (read) => {
    let right = 0;
    for (const call of calls) {
      const chance = chanceSeeing(
        call,
        read.filter((part) => part !== "voice" || call.call !== ""),
      );
      right += Math.max(chance, 1 - chance);
    }
    return right / calls.length;
  };
  return {
    withoutCall: calls.filter((call) => call.call === "").length,
    defaults: calls.filter((call) => call.default_12m === "yes").length,
    best: bestRate(parts),
    alone: Object.fromEntries(parts.map((part) => [part, bestRate([part])])),
  };
}

function csvCell(value) {
  const text = String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** What is known, in three lines. */
export function describeCredit({ rows, seed, withoutCall, defaults, best, alone }, folder) {
  const percent = (share) => `${(100 * share).toFixed(1)} %`;
  const count = (n) => n.toLocaleString("en-US");
  return [
    `${count(rows)} calls in ${folder}, seed ${seed}: ${count(defaults)} defaults, ${count(withoutCall)} calls not recorded`,
    `Known answer: who reads all four modalities perfectly is right in ${percent(best)} of the rows;`,
    `who reads one is right in ${parts.map((part) => `${percent(alone[part])} (${part})`).join(", ")}.`,
  ];
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { rows: { type: "string", default: "1800" }, seed: { type: "string", default: "7" } },
  });
  const folder = positionals[0] ?? "demo-data";
  const made = generateCredit({ folder, rows: Number(values.rows), seed: Number(values.seed) });
  for (const line of describeCredit(made, folder)) console.log(line);
}
