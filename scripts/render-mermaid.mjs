#!/usr/bin/env node
/**
 * Draws a Mermaid file as Mermaid itself does, in a real browser: `node scripts/render-mermaid.mjs FILE.mmd OUT.png [dark]`.
 * For looking at pictures and for tests; needs a Chromium (CHROMIUM, or where systems put it). Reaches no network.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

const flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"];

/** The Chromium to use, or undefined where there is none. */
export function findChromium() {
  const places = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  return places.find((place) => place && existsSync(place));
}

/** Mermaid as one classic script, as its package carries it. */
function mermaidScript() {
  const require = createRequire(import.meta.url);
  return readFileSync(join(dirname(require.resolve("mermaid/package.json")), "dist", "mermaid.min.js"), "utf8");
}

/**
 * Draws several texts with one browser. Each result has the PNG, the SVG's size in pixels, the text of all labels and the
 * number of drawn nodes, arrows and clusters; a text that Mermaid refuses rejects with its message.
 */
export async function renderMermaid(texts, { theme = "default", scale = 2 } = {}) {
  const executablePath = findChromium();
  if (!executablePath) throw new Error("no Chromium here; set CHROMIUM to its path");
  const { chromium } = await import("playwright-core");
  const browser = await chromium.launch({ executablePath, headless: true, args: flags });
  try {
    const background = theme === "dark" ? "#0d1117" : "#ffffff";
    const page = await browser.newPage({ deviceScaleFactor: scale, viewport: { width: 1400, height: 900 } });
    await page.setContent(
      `<!doctype html><meta charset="utf-8"><body style="margin:0;background:${background}"><div id="out" style="display:inline-block;padding:16px"></div></body>`,
    );
    await page.addScriptTag({ content: mermaidScript() });
    const pictures = [];
    for (const text of texts) {
      const facts = await page.evaluate(
        async ({ text, theme, index }) => {
          const { mermaid } = globalThis;
          // As GitHub sets it, but for the natural width: a page would shrink the picture to its column.
          mermaid.initialize({
            startOnLoad: false,
            theme,
            securityLevel: "antiscript",
            flowchart: { useMaxWidth: false },
          });
          const { svg } = await mermaid.render(`picture${index}`, text);
          const out = document.getElementById("out");
          out.innerHTML = svg;
          const root = out.querySelector("svg");
          const box = root.getBoundingClientRect();
          return {
            width: box.width,
            height: box.height,
            // biome-ignore lint/performance/useDomNodeTextContent: line breaks count, and only what is seen
            labels: [...root.querySelectorAll(".nodeLabel, .edgeLabel p")].map((label) => label.innerText),
            nodes: root.querySelectorAll(".node").length,
            arrows: root.querySelectorAll(".edgePaths path").length,
            clusters: root.querySelectorAll(".cluster").length,
            description: root.querySelector("desc")?.textContent ?? "",
          };
        },
        { text, theme, index: pictures.length },
      );
      const png = await page.locator("#out").screenshot();
      pictures.push({ ...facts, png });
    }
    return pictures;
  } finally {
    await browser.close();
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [file, out, theme = "default"] = process.argv.slice(2);
  if (!file || !out) {
    process.stderr.write(
      "render-mermaid: name a file and a picture: node scripts/render-mermaid.mjs FILE.mmd OUT.png [dark]\n",
    );
    process.exit(2);
  }
  const [picture] = await renderMermaid([readFileSync(file, "utf8")], { theme });
  writeFileSync(out, picture.png);
  process.stdout.write(
    `${out}: ${Math.round(picture.width)}×${Math.round(picture.height)}, ${picture.nodes} nodes, ${picture.arrows} arrows\n`,
  );
}
