/** One file of sound, decoded or only looked at: the same way, so that both find the same faults. Own WAV reader, or ffmpeg. */
import { decodeSound, type Wanted } from "./ffmpeg.ts";
import type { FoundFile } from "./media.ts";
import { visitBytes } from "./open-file.ts";
import { insteadOf, mayBeSound } from "./signature.ts";
import { isWav, openWav, readFrames, type Sound } from "./wav.ts";

/**
 * Reads a sound and keeps the frames that are wanted (none for a look).
 * @throws FfmpegMissing, TooLarge, FileChanged, or Error with the reason
 */
export async function readSound(file: FoundFile, wanted: Wanted, signal?: AbortSignal): Promise<Sound> {
  if (file.size === 0) throw new Error("empty");
  const sound = await visitBytes(await file.open(), async (bytes) => {
    const head = await bytes.read(0, 1024);
    if (!isWav(head)) {
      if (!mayBeSound(head)) throw new Error(insteadOf("not sound", head));
      return undefined;
    }
    const layout = await openWav(bytes);
    return layout === undefined ? undefined : readFrames(bytes, layout, wanted(layout.rate));
  });
  if (sound !== undefined) return sound;
  const from = file.absolute ?? (await file.read());
  const decoded = await decodeSound({ name: file.name, size: file.size, from }, wanted, signal);
  file.check();
  return decoded;
}
