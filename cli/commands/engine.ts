/** `mmfc engine`: the engines of this machine; TensorFlow installed, chosen, removed. */
import { near } from "../../diagnostics/near.ts";
import { list, size } from "../../diagnostics/phrase.ts";
import type { EngineChoice } from "../../runtime/engine/index.ts";
import {
  findGpus,
  InstallError,
  installEngine,
  listEngines,
  removeEngine,
  useEngine,
  wheelForThisMachine,
} from "../../runtime/engine/index.ts";
import type { Context, Run } from "../define.ts";
import { activity } from "../end.ts";
import { exitCodes, stopWith, UsageMistake } from "../stop.ts";
import { asciiText } from "../terminal.ts";

const actions = ["list", "install", "use", "remove"] as const;

export const run: Run = async (context) => {
  const [action = "list", name] = context.args;
  activity.doing = "looking for";
  activity.place = "engines";
  const help = "mmfc engine --help has its options";
  if (context.options.gpu === true && action !== "install")
    throw new UsageMistake(context.command, "--gpu belongs to install", help);
  if (name !== undefined && (action === "list" || action === "install"))
    throw new UsageMistake(context.command, `${name} is too much`, help);
  switch (action) {
    case "list":
      return show(context);
    case "install":
      return install(context);
    case "use":
      if (name === undefined)
        throw new UsageMistake(context.command, "use takes the name of an engine", "mmfc engine lists them");
      return use(context, name);
    case "remove":
      return remove(context, name);
    default: {
      const found = near(action, actions);
      throw new UsageMistake(
        context.command,
        `no action ${action}; write ${found.kind === "one" ? found.word : list(actions, "or")}`,
        help,
      );
    }
  }
};

async function show({ terminal }: Context): Promise<number> {
  const engines = await listEngines();
  if (terminal.json) {
    terminal.outJson(engines);
    return 0;
  }
  const names = Math.max(...engines.map((engine) => engine.name.length));
  const titles = Math.max(...engines.map((engine) => engine.title.length));
  for (const engine of engines) {
    const line = `${engine.state.padEnd(10)}${engine.name.padEnd(names)}   ${engine.title.padEnd(titles)}   ${engine.device}   ${about(engine)}`;
    terminal.out(`${asciiText(line, terminal.shape.out.ascii)}\n`);
  }
  const faster = await fasterLine(engines);
  if (faster !== undefined) terminal.out(`${faster}\n`);
  return 0;
}

function about({ where, size: bytes, why, usable }: EngineChoice): string {
  const parts = bytes === undefined ? where : `${where}, ${size(bytes)}`;
  if (why === undefined) return parts;
  return usable ? `${parts}; ${why}` : `${parts}; not usable: ${why}`;
}

/** What to do for more speed, if there is something. */
async function fasterLine(engines: readonly EngineChoice[]): Promise<string | undefined> {
  const usable = engines.filter((engine) => engine.usable);
  const idle = (await findGpus()).find((gpu) => gpu.idle);
  if (idle !== undefined && usable.every((engine) => engine.device === "CPU")) {
    const wheel = wheelForThisMachine(true);
    if (!("why" in wheel)) return `Faster: an ${idle.name} is idle. mmfc engine install --gpu (${wheel.megabytes} MB)`;
  }
  if (usable.some((engine) => engine.title.startsWith("tensorflow"))) return undefined;
  const wheel = wheelForThisMachine(false);
  if ("why" in wheel) return undefined;
  return `Faster: mmfc engine install${wheel.megabytes > 0 ? ` (${wheel.megabytes} MB)` : ""}`;
}

async function install({ options, terminal }: Context): Promise<number> {
  activity.doing = "installing";
  activity.place = "TensorFlow";
  try {
    const library = await installEngine({ gpu: options.gpu === true, onProgress: (line) => terminal.say(line) });
    if (terminal.json) terminal.outJson(library);
    else
      terminal.out(
        `${library.name}: ${library.version === undefined ? "" : `tensorflow ${library.version}, `}${library.device}, ${size(library.size)}\n`,
      );
    return 0;
  } catch (error) {
    if (!(error instanceof InstallError)) throw error;
    const why = error.message.replace(/^TensorFlow for download is not usable: /, "").replace(/\.$/, "");
    throw stopWith("engine-unusable", { why, another: false });
  }
}

async function use({ terminal, command }: Context, name: string): Promise<number> {
  const engines = await listEngines();
  const names = [...engines.map((engine) => engine.name), "cpu", "auto"];
  if (!names.includes(name)) {
    const found = near(name, names);
    throw new UsageMistake(
      command,
      `no engine ${name}; write ${found.kind === "one" ? found.word : list(names, "or")}`,
      "mmfc engine lists them",
    );
  }
  const engine = engines.find((candidate) => candidate.name === name);
  if (engine !== undefined && !engine.usable) {
    terminal.err(`${name} is not usable: ${engine.why}.`);
    return exitCodes.machine;
  }
  await useEngine(name);
  const chosen = (await listEngines()).find((candidate) => candidate.state === "in use");
  if (terminal.json) terminal.outJson({ use: name, engine: chosen });
  else if (!terminal.quiet)
    terminal.out(
      `${chosen === undefined || name === "cpu" ? name : `${chosen.title}, ${chosen.device}`} is used from now on\n`,
    );
  return 0;
}

async function remove({ terminal }: Context, name: string | undefined): Promise<number> {
  const gone = await removeEngine(name);
  if (terminal.json) terminal.outJson({ removed: gone });
  else if (gone.length === 0)
    terminal.out(
      `${name === undefined ? "mmfc has installed no engine" : `mmfc has installed no engine ${name}`}: nothing was removed\n`,
    );
  else terminal.out(`${list(gone)} removed\n`);
  return gone.length === 0 && name !== undefined ? 1 : 0;
}
