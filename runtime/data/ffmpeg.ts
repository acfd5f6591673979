/**
 * Sound that is not WAV, and the sound of videos: decoded by ffmpeg, which comes with npm or lies on the machine. What it
 * gives is read as it comes, so that a day of sound takes no more memory than the part that is kept. The file is hostile
 * until shown otherwise: ffmpeg may read it and nothing else, in the formats of sound and video, for a limited time.
 */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { time } from "../../diagnostics/phrase.ts";
import { bytesIn } from "./open-file.ts";
import { cutOff, TooLarge } from "./reasons.ts";
import { mostSeconds, openWav, readFrames, type Sound, type WavLayout } from "./wav.ts";

/** No ffmpeg anywhere. */
export class FfmpegMissing extends Error {}

let program: Promise<string[]> | undefined;

/** Where ffmpeg may be: inside npm's package for this machine, then on the path. */
function candidates(): Promise<string[]> {
  program ??= import("@ffmpeg-installer/ffmpeg").then(
    (found) => [(found.default ?? found).path, "ffmpeg"],
    () => ["ffmpeg"],
  );
  return program;
}

/** How much of a sound is wanted: frames at its own rate. */
export type Wanted = (rate: number) => number;

/** What is to be decoded. */
export interface Source {
  readonly name: string;
  readonly size: number;
  /** On the disk, or its bytes. */
  readonly from: string | Buffer;
}

/**
 * Decodes the first sound track at its own rate, all of it, and keeps the frames that are wanted.
 * @throws FfmpegMissing, TooLarge over 24 hours, or Error with the reason; the signal's reason
 */
export async function decodeSound(source: Source, wanted: Wanted, signal?: AbortSignal): Promise<Sound> {
  if (typeof source.from === "string") return decodePath(source.from, source.size, wanted, signal);
  // Some containers are read from their end, so that a pipe will not do.
  const folder = await mkdtemp(path.join(tmpdir(), "mmfc-sound-"));
  try {
    const ending = path.extname(source.name);
    const file = path.join(folder, `sound${/^\.[a-z0-9]{1,8}$/i.test(ending) ? ending : ""}`);
    await writeFile(file, source.from);
    return await decodePath(file, source.size, wanted, signal);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

// Without lists of other files (concat, HLS, DASH, SDP), pictures in series and devices.
const formats =
  "aac,ac3,aiff,amr,amrnb,amrwb,ape,asf,au,avi,caf,dts,dtshd,eac3,flac,flv,gsm,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2," +
  "mp3,mpc,mpc8,mpeg,mpegts,nut,oga,ogg,oma,rm,rso,sox,tak,tta,voc,vqf,w64,wav,wv,xwma";

async function decodePath(file: string, size: number, wanted: Wanted, signal?: AbortSignal): Promise<Sound> {
  const args = [
    // "info" has the length that the header promises.
    ...["-v", "info", "-hide_banner", "-nostats", "-nostdin", "-max_alloc", "1000000000"],
    ...["-protocol_whitelist", "file", "-format_whitelist", formats, "-threads", "1", "-i", `file:${file}`],
    ...["-map", "0:a:0", "-map_metadata", "-1", "-vn", "-sn", "-dn", "-t", String(mostSeconds + 1)],
    ...["-c:a", "pcm_f32le", "-bitexact", "-f", "wav", "pipe:1"],
  ];
  let failure: unknown;
  for (const command of await candidates()) {
    try {
      return await run(command, args, size, wanted, signal);
    } catch (error) {
      const { code, syscall } = error as NodeJS.ErrnoException;
      if (syscall?.startsWith("spawn") !== true || (code !== "ENOENT" && code !== "EACCES")) throw error;
      failure = error;
    }
  }
  throw new FfmpegMissing(String(failure));
}

// Longer than any file takes to give its next second, also on a busy machine.
const mostSilence = 60_000;

async function run(
  command: string,
  args: readonly string[],
  size: number,
  wanted: Wanted,
  signal: AbortSignal | undefined,
): Promise<Sound> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    // The start has the header, the end what went wrong.
    said += chunk.toString("utf8");
    if (said.length > 40_000) said = said.slice(0, 20_000) + said.slice(-8000);
    if ((promisedSeconds(said) ?? 0) > mostSeconds) stop(new TooLarge("24 h"));
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  ended.catch(() => {});
  let stopped: Error | undefined;
  const stop = (why: Error): void => {
    stopped ??= why;
    child.kill("SIGKILL");
  };
  let timer = setTimeout(() => {}, 0);
  const heard = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => stop(new Error(`ffmpeg gave nothing for ${mostSilence / 1000} s`)), mostSilence);
  };
  const abort = (): void => stop(signal?.reason instanceof Error ? signal.reason : new Error("stopped"));
  signal?.addEventListener("abort", abort, { once: true });
  try {
    heard();
    const collecting = collect(wanted);
    try {
      for await (const chunk of child.stdout) {
        heard();
        await collecting.push(chunk as Buffer);
      }
    } catch (error) {
      stop(error as Error);
    }
    const code = await ended;
    if (stopped !== undefined) throw stopped;
    const sound = await collecting.end();
    if (/partial file|moov atom not found/i.test(said)) throw cutOff(size);
    if (code !== 0 || sound === undefined) throw new Error(reasonOf(said, collecting.bytes));
    checkLength(said, collecting.frames / sound.rate);
    return sound;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
    child.kill("SIGKILL");
  }
}

/** The length that a header promises; undefined where ffmpeg only guesses, or where a video may be longer than its sound. */
function promisedSeconds(said: string): number | undefined {
  const found = /^ {2}Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)/m.exec(said);
  if (found === null || /Estimating duration/.test(said) || /Video: (?!.*attached pic)/.test(said)) return undefined;
  return Number(found[1]) * 3600 + Number(found[2]) * 60 + Number(found[3]);
}

/** Sound that ends before its header says so is damaged or cut off, though ffmpeg is content with it. */
function checkLength(said: string, seconds: number): void {
  const promised = promisedSeconds(said);
  if (promised !== undefined && seconds < promised - Math.max(0.5, promised / 50))
    throw new Error(`its header promises ${time(promised)}, it has ${time(seconds)}`);
  if (/^file:.*: Invalid data found/m.test(said)) throw new Error(`damaged after ${time(seconds)}`);
}

interface Collecting {
  readonly bytes: number;
  /** All that came, kept or not. */
  readonly frames: number;
  push(chunk: Buffer): Promise<void>;
  end(): Promise<Sound | undefined>;
}

const headBytes = 4096;

/** Takes the WAV that ffmpeg writes: keeps what is wanted, looks at the rest, counts all. */
function collect(wanted: Wanted): Collecting {
  let layout: WavLayout | undefined;
  let kept: Buffer[] = [];
  let keptBytes = 0;
  let bytes = 0;
  let most = Number.POSITIVE_INFINITY;
  let limit = Number.POSITIVE_INFINITY;
  let odd: Buffer = Buffer.alloc(0);
  const begin = async (): Promise<void> => {
    const head = Buffer.concat(kept);
    if (head.length < 44) return;
    layout = await openWav(bytesIn(head));
    if (layout === undefined) return;
    const frame = 4 * layout.channels;
    most = layout.start + wanted(layout.rate) * frame;
    limit = layout.start + mostSeconds * layout.rate * frame;
    checkFinite(head.subarray(layout.start));
    odd = head.subarray(head.length - ((head.length - layout.start) % 4));
    kept = [head];
  };
  /** Floats of the stream, whichever way it was cut. */
  const checkFinite = (chunk: Buffer): void => {
    for (let at = 0; at + 4 <= chunk.length; at += 4)
      // All ones in the exponent: infinite or no number.
      if ((chunk[at + 3]! & 0x7f) === 0x7f && (chunk[at + 2]! & 0x80) !== 0)
        throw new Error("samples that are no numbers");
  };
  return {
    get bytes() {
      return bytes;
    },
    get frames() {
      return layout === undefined ? 0 : Math.floor((bytes - layout.start) / (4 * layout.channels));
    },
    async push(chunk) {
      bytes += chunk.length;
      if (layout !== undefined) {
        const whole = odd.length === 0 ? chunk : Buffer.concat([odd, chunk]);
        checkFinite(whole);
        odd = whole.subarray(whole.length - (whole.length % 4));
      }
      if (keptBytes < most) {
        kept.push(chunk);
        keptBytes += chunk.length;
      }
      if (layout === undefined && keptBytes >= headBytes) await begin();
      if (bytes > limit) throw new TooLarge("24 h");
    },
    async end() {
      if (layout === undefined) await begin();
      if (layout === undefined) return undefined;
      const frames = Math.floor((keptBytes - layout.start) / (4 * layout.channels));
      return readFrames(bytesIn(Buffer.concat(kept)), { ...layout, frames }, wanted(layout.rate));
    },
  };
}

function reasonOf(said: string, bytes: number): string {
  if (/matches no streams|does not contain any stream/i.test(said)) return "no sound track";
  if (
    /Invalid data found|could not find codec|unknown format|failed to read frame|invalid argument|could not seek|not on whitelist|whitelist/i.test(
      said,
    )
  )
    return "not sound";
  return bytes <= 100 && !/error/i.test(said) ? "no samples" : "not sound";
}
