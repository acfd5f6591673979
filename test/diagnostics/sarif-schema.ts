/**
 * The rules of the SARIF 2.1.0 schema (OASIS, errata 01) for what a log of ours has: which properties an object may have,
 * which it needs, of what kind they are. Written from the standard's text, section by section; not from our code.
 */

type Kind =
  | "string"
  | "integer"
  | "uri"
  | "bag"
  | readonly string[]
  | { readonly list: string; readonly some?: true }
  | { readonly one: string };

interface Rule {
  readonly needs: readonly string[];
  readonly has: { readonly [name: string]: Kind };
}

const rules: { readonly [name: string]: Rule } = {
  // 3.13
  log: { needs: ["version", "runs"], has: { $schema: "uri", version: ["2.1.0"], runs: { list: "run" } } },
  // 3.14
  run: {
    needs: ["tool"],
    has: {
      tool: { one: "tool" },
      results: { list: "result" },
      columnKind: ["utf16CodeUnits", "unicodeCodePoints"],
    },
  },
  // 3.18
  tool: { needs: ["driver"], has: { driver: { one: "component" } } },
  // 3.19
  component: { needs: ["name"], has: { name: "string", version: "string", rules: { list: "rule" } } },
  // 3.49
  rule: { needs: ["id"], has: { id: "string", help: { one: "text" } } },
  // 3.12
  text: { needs: ["text"], has: { text: "string" } },
  // 3.27
  result: {
    needs: ["message"],
    has: {
      ruleId: "string",
      ruleIndex: "integer",
      level: ["none", "note", "warning", "error"],
      message: { one: "text" },
      locations: { list: "location" },
      relatedLocations: { list: "location" },
      fixes: { list: "fix" },
      properties: "bag",
    },
  },
  // 3.28
  location: { needs: [], has: { id: "integer", physicalLocation: { one: "physical" }, message: { one: "text" } } },
  // 3.29
  physical: { needs: ["artifactLocation"], has: { artifactLocation: { one: "artifact" }, region: { one: "region" } } },
  // 3.4
  artifact: { needs: [], has: { uri: "uri" } },
  // 3.30
  region: {
    needs: [],
    has: { startLine: "integer", startColumn: "integer", endLine: "integer", endColumn: "integer" },
  },
  // 3.55
  fix: {
    needs: ["artifactChanges"],
    has: { description: { one: "text" }, artifactChanges: { list: "change", some: true } },
  },
  // 3.56
  change: {
    needs: ["artifactLocation", "replacements"],
    has: { artifactLocation: { one: "artifact" }, replacements: { list: "replacement", some: true } },
  },
  // 3.57
  replacement: {
    needs: ["deletedRegion"],
    has: { deletedRegion: { one: "region" }, insertedContent: { one: "text" } },
  },
};

/** What of a log breaks the schema, by path; nothing where it is valid. */
export function schemaMistakes(log: unknown, name = "log", at = "$"): string[] {
  const rule = rules[name] as Rule;
  if (typeof log !== "object" || log === null || Array.isArray(log)) return [`${at} is no ${name}`];
  const given = Object.entries(log);
  const found = rule.needs.filter((need) => !(need in log)).map((need) => `${at} has no ${need}`);
  for (const [key, value] of given) {
    const kind = rule.has[key];
    found.push(...(kind === undefined ? [`${at} has ${key}`] : kindMistakes(value, kind, `${at}.${key}`)));
  }
  if (name === "region") found.push(...regionMistakes(log as { [name: string]: number }, at));
  return found;
}

function kindMistakes(value: unknown, kind: Kind, at: string): string[] {
  if (kind === "bag") return typeof value === "object" ? [] : [`${at} is no object`];
  if (kind === "string") return typeof value === "string" ? [] : [`${at} is no string`];
  if (kind === "integer") return Number.isInteger(value) && (value as number) >= 0 ? [] : [`${at} is no count`];
  if (kind === "uri")
    return typeof value === "string" && /^[\w\-.~:/?#[\]@!$&'()*+,;=%]*$/.test(value) ? [] : [`${at} is no URI`];
  if (Array.isArray(kind)) return kind.includes(value as string) ? [] : [`${at} is ${String(value)}`];
  if ("one" in kind) return schemaMistakes(value, kind.one, at);
  const { list, some } = kind as { list: string; some?: true };
  if (!Array.isArray(value) || (some === true && value.length === 0)) return [`${at} is no list`];
  return value.flatMap((one, i) => schemaMistakes(one, list, `${at}[${i}]`));
}

/** 3.30: lines and columns from 1, the end not before the start. */
function regionMistakes(region: { [name: string]: number }, at: string): string[] {
  const { startLine = 0, startColumn = 1, endLine = startLine, endColumn = startColumn } = region;
  const good =
    startLine >= 1 && startColumn >= 1 && (endLine > startLine || (endLine === startLine && endColumn >= startColumn));
  return good ? [] : [`${at} ends before it starts`];
}
