// Bundles the studio's scripts and styles into ../static/built: `npm ci && npm run build`.
// Built beside the old files and then renamed, so that a studio that is serving never sees half a bundle.

import { build } from "esbuild";
import { cpSync, mkdirSync, renameSync, rmSync, writeFileSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const built = join(here, "..", "static", "built");
const partial = `${built}.partial-${process.pid}`;
const { resolve } = createRequire(import.meta.url);

// KaTeX names each font in three formats; every browser that runs these scripts reads the first.
const fonts = {
  name: "woff2",
  setup({ onLoad }) {
    onLoad({ filter: /katex\.css$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replace(/,\s*url\([^)]*\.(woff|ttf)\) format\("[a-z]+"\)/g, ""),
      loader: "css",
    }));
  },
};

mkdirSync(partial, { recursive: true });
await build({
  entryPoints: ["studio.js", "studio.css", "lesson.js", "lesson.css", "play.js", "play.css", "map.js", "components.css"].map((name) => join(here, name)),
  loader: { ".woff2": "file" },
  assetNames: "[name]-[hash]",
  plugins: [fonts],
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "none", // the whole licences are put beside the bundle below
  outdir: partial,
  logLevel: "warning",
});
cpSync(join(here, "seal.svg"), join(partial, "seal.svg"));
const licences = ["htmx.org", "uplot", "katex"].map((name) => {
  const about = resolve(`${name}/package.json`);
  const { version, license } = JSON.parse(readFileSync(about, "utf8"));
  return `${name} ${version} (${license})\n\n${readFileSync(join(dirname(about), "LICENSE"), "utf8")}`;
});
writeFileSync(join(partial, "LICENSES.txt"), licences.join("\n\n"));
rmSync(built, { recursive: true, force: true });
renameSync(partial, built);
