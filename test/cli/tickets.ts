/**
 * A small real table for tests of the command line: rows with a picture, a recording, text and numbers, whose files are
 * there and whole; each test breaks what it is about. The same bytes every time.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { deflateSync } from "node:zlib";

/** Three modalities of every kind that has files or a vocabulary, and numbers. */
export const ticketsSpec = `/// Tickets with a photo, a call and some numbers: does the customer leave?
model Tickets {
  data { source: "tickets.csv", media: "media", id: "id", split: random(train: 70%, validation: 15%, test: 15%) }
  modality photo: image { file: "{photo}", size: 16x16, channels: 1, rescale: 1/255 }
  modality call: audio { file: "{call}", rate: 8kHz, length: 250ms, features: mfcc(bands: 20, coefficients: 10) }
  modality sheet: tabular { numeric: ["age", "visits"], categorical: ["plan"] }
  target left: binary { column: "left", positive: "yes" }
  encoder seen = photo -> conv2d(4, 3x3, relu) -> global_average_pooling2d -> dense(8, relu)
  encoder heard = call -> conv1d(4, 3, relu) -> global_average_pooling1d -> dense(8, relu)
  encoder facts = sheet -> dense(8, relu)
  fusion joint: mid = concatenate(seen, heard, facts) -> dense(8, relu)
  head churn: left = joint { metrics: [accuracy] }
  train { optimizer: adam(1e-3), epochs: 2, batch_size: 64, seed: 1 }
}
`;

export interface Tickets {
  readonly folder: string;
  /** The cells of the table by row, header first; change them, then `write`. */
  readonly rows: string[][];
  write(): void;
  remove(): void;
}

/** A folder with tickets.mmf, tickets.csv and media/. */
export function tickets(rows = 300, folder: string = mkdtempSync(path.join(tmpdir(), "mmfc-tickets-"))): Tickets {
  const next = numbers(7);
  mkdirSync(path.join(folder, "media"), { recursive: true });
  const table = [["id", "photo", "call", "age", "visits", "plan", "left"]];
  for (let i = 0; i < rows; i++) {
    const left = next() > 0.5;
    const [photo, call] = [`p${i}.png`, `c${i}.wav`];
    writeFileSync(
      path.join(folder, "media", photo),
      png(24, 24, () => Math.floor(next() * 128) + (left ? 100 : 0)),
    );
    const pitch = left ? 0.5 : 0.2;
    writeFileSync(
      path.join(folder, "media", call),
      wav(Float32Array.from({ length: 2000 }, (_, t) => Math.sin(t * pitch) / 2 + (next() - 0.5) / 10)),
    );
    const [age, visits] = [(18 + next() * 60).toFixed(1), String(Math.floor(next() * 20))];
    table.push([`t${i}`, photo, call, age, visits, ["basic", "plus", "pro"][i % 3] as string, left ? "yes" : "no"]);
  }
  const made: Tickets = {
    folder,
    rows: table,
    write: () => writeFileSync(path.join(folder, "tickets.csv"), `${table.map((row) => row.join(",")).join("\n")}\n`),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
  made.write();
  writeFileSync(path.join(folder, "tickets.mmf"), ticketsSpec);
  return made;
}

/** Numbers from 0 to 1, the same every time. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** A gray picture. */
export function png(width: number, height: number, value: (x: number, y: number) => number): Buffer {
  const rows = Buffer.alloc(height * (width + 1));
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) rows[y * (width + 1) + 1 + x] = value(x, y);
  const size = Buffer.alloc(13);
  size.writeUInt32BE(width, 0);
  size.writeUInt32BE(height, 4);
  size[8] = 8;
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk("IHDR", size),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(data.length, 0);
  body.copy(whole, 4);
  whole.writeUInt32BE(crc(body), body.length + 4);
  return whole;
}

/** CRC-32 as PNG has it; Node's own came after 20.19. */
function crc(bytes: Buffer): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (0xedb88320 & -(value & 1));
  }
  return (value ^ 0xffffffff) >>> 0;
}

/** 16-bit mono at 8 kHz. */
export function wav(samples: Float32Array): Buffer {
  const data = Buffer.alloc(44 + samples.length * 2);
  data.write("RIFF", 0, "latin1");
  data.writeUInt32LE(data.length - 8, 4);
  data.write("WAVEfmt ", 8, "latin1");
  data.writeUInt32LE(16, 16);
  data.writeUInt16LE(1, 20);
  data.writeUInt16LE(1, 22);
  data.writeUInt32LE(8000, 24);
  data.writeUInt32LE(16_000, 28);
  data.writeUInt16LE(2, 32);
  data.writeUInt16LE(16, 34);
  data.write("data", 36, "latin1");
  data.writeUInt32LE(samples.length * 2, 40);
  for (const [i, value] of samples.entries()) data.writeInt16LE(Math.round(value * 32_767), 44 + i * 2);
  return data;
}
