/**
 * Where a command writes and how: stdout for what was asked for, stderr for the way there; colour, width, ASCII and
 * progress by the options, the environment and what the streams are. Knows no command.
 */

/** Options that every command has. */
export interface CommonOptions {
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly json?: boolean;
  readonly color?: "auto" | "always" | "never";
  readonly progress?: "auto" | "bar" | "lines" | "none";
}

export interface Terminal {
  /** What was asked for. */
  out(text: string): void;
  /** One JSON value with a line break. */
  outJson(value: unknown): void;
  /** The way there: a line on stderr, not with `-q` nor with `--json`. */
  say(line: string): void;
  /** Only with `-v`. */
  detail(line: string): void;
  /** Why a command stopped: stderr, always. */
  err(text: string): void;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** How text on stdout is drawn, and on stderr. */
  readonly shape: { readonly out: Shape; readonly err: Shape };
  readonly progress: "bar" | "lines" | "none";
  /** Somebody can be asked. */
  readonly interactive: boolean;
}

export interface Shape {
  readonly color: boolean;
  /** Cells of a line, at most 100. */
  readonly width: number;
  readonly ascii: boolean;
}

interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface World {
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly stdin: { readonly isTTY?: boolean };
  readonly env: { readonly [name: string]: string | undefined };
  readonly platform: string;
}

const mostCells = 100;

export function createTerminal(options: CommonOptions, world: World = process): Terminal {
  const { stdout, stderr, env } = world;
  const json = options.json === true;
  const quiet = options.quiet === true;
  const ascii = isAscii(world);
  const shapeOf = (stream: Stream): Shape => ({
    color: !(json && stream === stdout) && isColored(options.color ?? "auto", stream, env),
    width:
      stream.isTTY === true && stream.columns !== undefined
        ? Math.max(40, Math.min(stream.columns, mostCells))
        : mostCells,
    ascii,
  });
  const line = (text: string): string => (text.endsWith("\n") ? text : `${text}\n`);
  return {
    out: (text) => void stdout.write(text),
    outJson: (value) => void stdout.write(`${JSON.stringify(value, null, 2)}\n`),
    say(text) {
      if (!quiet && !json) stderr.write(line(asciiText(text, ascii)));
    },
    detail(text) {
      if (options.verbose === true && !json) stderr.write(line(asciiText(text, ascii)));
    },
    err: (text) => void stderr.write(line(text)),
    json,
    quiet,
    verbose: options.verbose === true,
    shape: { out: shapeOf(stdout), err: shapeOf(stderr) },
    progress: progressOf(options, world),
    interactive: world.stdin.isTTY === true && stderr.isTTY === true && !isSet(env.CI),
  };
}

/** Signs that every terminal has. */
export function asciiText(text: string, ascii: boolean): string {
  return ascii ? text.replaceAll("→", "->").replaceAll("×", "x").replaceAll("·", "|").replaceAll("…", "...") : text;
}

/** Text in a colour of the terminal, or plain. */
export function paint(style: keyof typeof escapes, text: string, { color }: Shape): string {
  return color ? `\u001b[${escapes[style]}m${text}\u001b[0m` : text;
}

const escapes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34 } as const;

function isColored(when: "auto" | "always" | "never", stream: Stream, env: World["env"]): boolean {
  if (when !== "auto") return when === "always";
  if (isSet(env.NO_COLOR)) return false;
  if (isSet(env.FORCE_COLOR)) return env.FORCE_COLOR !== "0";
  return stream.isTTY === true && env.TERM !== "dumb";
}

/** The locale is named and is not UTF-8. Where none is named, as in containers, UTF-8 is what everything there speaks. */
function isAscii({ env, platform }: World): boolean {
  if (env.MMFC_ASCII !== undefined && env.MMFC_ASCII !== "") return env.MMFC_ASCII !== "0";
  if (platform === "win32") return false;
  const locale = [env.LC_ALL, env.LC_CTYPE, env.LANG].find(isSet);
  return locale !== undefined && !/utf-?8/i.test(locale);
}

function progressOf(options: CommonOptions, { stderr, env }: World): Terminal["progress"] {
  if (options.json === true || options.quiet === true) return "none";
  const how = options.progress ?? "auto";
  if (how !== "auto") return how;
  return stderr.isTTY === true && !isSet(env.CI) && env.TERM !== "dumb" ? "bar" : "lines";
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "";
}
