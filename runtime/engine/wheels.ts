/**
 * The Python wheels whose TensorFlow library mmfc installs: which one fits a machine, its size and its checksum.
 * Nothing but facts; install.ts fetches.
 */
import os from "node:os";

/** One release for everybody: what was measured is what runs. */
export const TENSORFLOW_VERSION = "2.21.0";

export interface Wheel {
  distribution: "tensorflow" | "tensorflow-cpu";
  device: "CPU" | "GPU";
  /** pip's name of the platform. */
  platform: string;
  /** Bytes to download, in MB as the terminal says it. */
  megabytes: number;
  /** Of the wheel of TENSORFLOW_VERSION for cp311; the library inside is the same for every Python. */
  sha256: string;
}

const WHEELS: Readonly<Record<string, Wheel>> = {
  "linux-x64": {
    distribution: "tensorflow-cpu",
    device: "CPU",
    platform: "manylinux_2_27_x86_64",
    megabytes: 274,
    sha256: "2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c",
  },
  "linux-x64-gpu": {
    distribution: "tensorflow",
    device: "GPU",
    platform: "manylinux_2_27_x86_64",
    megabytes: 572,
    sha256: "9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124",
  },
  "linux-arm64": {
    distribution: "tensorflow",
    device: "CPU",
    platform: "manylinux_2_27_aarch64",
    megabytes: 282,
    sha256: "4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c",
  },
  "darwin-arm64": {
    distribution: "tensorflow",
    device: "CPU",
    platform: "macosx_12_0_arm64",
    megabytes: 223,
    sha256: "51f46f4806139d01fc7920cc72a4c75876f80649bf40ff083ab6212ceb43ca88",
  },
};

/** The wheel for this machine, or why there is none, as the end of a sentence. */
export function wheelForThisMachine(gpu: boolean): Wheel | { why: string } {
  const machine = `${process.platform}-${os.arch()}`;
  const wheel = WHEELS[gpu ? `${machine}-gpu` : machine];
  if (wheel === undefined && gpu) return { why: `there is no build for GPUs on ${machine}` };
  if (process.platform === "win32")
    return { why: "its library for Windows has another form, which is not tried yet; wasm is used" };
  if (wheel === undefined) return { why: `there is no build for ${machine}` };
  if (process.platform === "linux") {
    const glibc = glibcVersion();
    if (glibc === undefined) return { why: "this Linux has no glibc, which the build needs" };
    if (glibc[0] < 2 || (glibc[0] === 2 && glibc[1] < 27))
      return { why: `this Linux has glibc ${glibc.join(".")}, and 2.27 is the first that works` };
  }
  return wheel;
}

function glibcVersion(): [number, number] | undefined {
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined;
  const [major, minor] = report?.header?.glibcVersionRuntime?.split(".").map(Number) ?? [];
  return major === undefined || minor === undefined ? undefined : [major, minor];
}
