/** Sound that is not WAV, and the sound of videos: decoded by ffmpeg, which comes with npm or lies on the machine. */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { readWav, type Sound } from "./wav.ts";

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

const mostSeconds = 24 * 3600;

/**
 * Decodes the first sound track at its own rate.
 * @throws FfmpegMissing, or Error with the reason; `code` is `too-large` over 24 hours
 */
export async function decodeSound(name: string, source: string | Buffer): Promise<Sound> {
  if (typeof source === "string") return decodePath(source);
  // Some containers are read from their end, so that a pipe will not do.
  const folder = await mkdtemp(path.join(tmpdir(), "mmfc-sound-"));
  try {
    const file = path.join(folder, `sound${path.extname(name)}`);
    await writeFile(file, source);
    return await decodePath(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function decodePath(file: string): Promise<Sound> {
  const args = [
    "-v",
    "error",
    "-nostdin",
    "-protocol_whitelist",
    "file,pipe",
    "-i",
    `file:${file}`,
    "-map",
    "0:a:0",
    "-t",
    String(mostSeconds + 1),
    "-c:a",
    "pcm_f32le",
    "-f",
    "wav",
    "pipe:1",
  ];
  let failure: unknown;
  for (const command of await candidates()) {
    try {
      const sound = readWav(await run(command, args));
      if (sound === undefined) throw new Error("not sound");
      if (sound.samples.length / sound.channels > sound.rate * mostSeconds)
        throw Object.assign(new Error("over 24 h"), { code: "too-large" });
      return sound;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT" && (error as NodeJS.ErrnoException).code !== "EACCES")
        throw error;
      failure = error;
    }
  }
  throw new FfmpegMissing(String(failure));
}

function run(command: string, args: readonly string[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    const out: Buffer[] = [];
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString("utf8")).slice(-4000);
    });
    child.on("error", reject);
    child.on("close", (code) => {
      const bytes = Buffer.concat(out);
      if (code === 0 && bytes.length > 44) resolve(bytes);
      else reject(new Error(reasonOf(said, bytes.length)));
    });
  });
}

function reasonOf(said: string, bytes: number): string {
  if (/matches no streams|does not contain any stream/i.test(said)) return "no sound track";
  if (
    /Invalid data found|could not find codec|unknown format|failed to read frame|moov atom|invalid argument|could not seek/i.test(
      said,
    )
  )
    return "not sound";
  if (bytes <= 44 && said.trim() === "") return "no samples";
  return (
    said
      .trim()
      .split("\n")[0]
      ?.replace(/^\[[^\]]*\]\s*/, "")
      .replace(/^file:\S*: /, "") ?? "not sound"
  );
}
