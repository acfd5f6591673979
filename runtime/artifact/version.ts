/** The version of the package that this file belongs to, from source and from dist/ alike. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

let version: string | undefined;

export function packageVersion(): string {
  version ??= find(path.dirname(fileURLToPath(import.meta.url)));
  return version;
}

function find(folder: string): string {
  try {
    const description = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8")) as {
      name?: string;
      version?: string;
    };
    if (description.name === "mmfc" && description.version !== undefined) return description.version;
  } catch {
    // No package.json here: look above.
  }
  const above = path.dirname(folder);
  if (above === folder) throw new Error("mmfc does not find its own package.json.");
  return find(above);
}
