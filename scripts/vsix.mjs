/**
 * `npm run vsix [-- FOLDER]`: editor/vscode as a .vsix that VS Code installs (`code --install-extension`). A .vsix is a zip
 * with the extension's files, their types and a manifest (Open Packaging Conventions); nothing of it is fetched.
 */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./build.mjs";
import { zip } from "./zip.mjs";

const source = path.join(root, "editor/vscode");

/** Types of files by their ending, as the manifest of the archive names them. */
const types = {
  json: "application/json",
  md: "text/markdown",
  png: "image/png",
  svg: "image/svg+xml",
  txt: "text/plain",
  js: "application/javascript",
  cjs: "application/javascript",
  vsixmanifest: "text/xml",
};

/** Writes the extension as `NAME-VERSION.vsix` into a folder; returns its path. */
export async function packExtension(folder = root) {
  const description = JSON.parse(await readFile(path.join(source, "package.json"), "utf8"));
  const names = (await readdir(source, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(source, path.join(entry.parentPath, entry.name)).split(path.sep).join("/"))
    .filter((name) => !/(?:^|\/)\.|\.(?:ts|vsix|map)$|^node_modules\//.test(name))
    .sort();
  for (const asset of assetsOf(description)) {
    if (!names.includes(asset)) throw new Error(`editor/vscode/package.json names ${asset}, which is not there`);
  }
  const files = [
    { name: "extension.vsixmanifest", bytes: Buffer.from(manifest(description, names)) },
    { name: "[Content_Types].xml", bytes: Buffer.from(contentTypes(names)) },
  ];
  for (const name of names) files.push({ name: `extension/${name}`, bytes: await readFile(path.join(source, name)) });
  const target = path.join(folder, `${description.name}-${description.version}.vsix`);
  await mkdir(folder, { recursive: true });
  await writeFile(target, zip(files));
  return target;
}

/** Every file that the description points at. */
function assetsOf({ icon, main, contributes = {} }) {
  const { languages = [], grammars = [], snippets = [] } = contributes;
  const paths = [icon, main, ...grammars.map((grammar) => grammar.path), ...snippets.map((snippet) => snippet.path)];
  for (const { configuration, icon: icons } of languages) paths.push(configuration, ...Object.values(icons ?? {}));
  return paths.filter((one) => one !== undefined).map((one) => path.posix.normalize(one));
}

function manifest(description, names) {
  const { name, displayName, version, publisher, engines, icon, categories = [], keywords = [] } = description;
  const asset = (type, file) => `    <Asset Type="${type}" Path="extension/${file}" Addressable="true" />`;
  const named = (pattern) => names.find((file) => pattern.test(file));
  const readme = named(/^readme\.md$/i);
  const changelog = named(/^changelog\.md$/i);
  const license = named(/^license(?:\.\w+)?$/i);
  const picture = icon === undefined ? undefined : path.posix.normalize(icon);
  const assets = [
    asset("Microsoft.VisualStudio.Code.Manifest", "package.json"),
    ...(readme ? [asset("Microsoft.VisualStudio.Services.Content.Details", readme)] : []),
    ...(changelog ? [asset("Microsoft.VisualStudio.Services.Content.Changelog", changelog)] : []),
    ...(license ? [asset("Microsoft.VisualStudio.Services.Content.License", license)] : []),
    ...(picture ? [asset("Microsoft.VisualStudio.Services.Icons.Default", picture)] : []),
  ];
  return `<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
  <Metadata>
    <Identity Language="en-US" Id="${xml(name)}" Version="${xml(version)}" Publisher="${xml(publisher)}" />
    <DisplayName>${xml(displayName ?? name)}</DisplayName>
    <Description xml:space="preserve">${xml(description.description ?? "")}</Description>
    <Tags>${xml(keywords.join(","))}</Tags>
    <Categories>${xml(categories.join(","))}</Categories>
    <GalleryFlags>Public</GalleryFlags>
    <Properties>
      <Property Id="Microsoft.VisualStudio.Code.Engine" Value="${xml(engines?.vscode ?? "*")}" />
      <Property Id="Microsoft.VisualStudio.Code.ExtensionDependencies" Value="" />
      <Property Id="Microsoft.VisualStudio.Code.ExtensionPack" Value="" />
      <Property Id="Microsoft.VisualStudio.Code.ExtensionKind" Value="ui,workspace" />
    </Properties>${license ? `\n    <License>extension/${xml(license)}</License>` : ""}${picture ? `\n    <Icon>extension/${xml(picture)}</Icon>` : ""}
  </Metadata>
  <Installation>
    <InstallationTarget Id="Microsoft.VisualStudio.Code" />
  </Installation>
  <Dependencies />
  <Assets>
${assets.join("\n")}
  </Assets>
</PackageManifest>
`;
}

function contentTypes(names) {
  const endings = [
    ...new Set([...names.map((name) => path.posix.extname(name).slice(1).toLowerCase()), "vsixmanifest"]),
  ].filter((ending) => ending !== "");
  const lines = endings
    .sort()
    .map(
      (ending) => `  <Default Extension=".${ending}" ContentType="${types[ending] ?? "application/octet-stream"}" />`,
    );
  return `<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
${lines.join("\n")}
</Types>
`;
}

function xml(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const target = await packExtension(process.argv[2] === undefined ? root : path.resolve(process.argv[2]));
  const shown = path.relative(process.cwd(), target);
  console.log(`${shown}. Install it: code --install-extension ${shown}`);
}
