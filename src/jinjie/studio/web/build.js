// Bundles the studio's scripts and styles into ../static/built: `npm ci && npm run build`.
// Built beside the old files and then renamed, so that a studio that is serving never sees half a bundle.

import { build } from "esbuild";
import { cpSync, mkdirSync, renameSync, rmSync, writeFileSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const built = join(here, "..", "static", "built");
const partial = `${built}.partial-${process.pid}`;
const packages = join(here, "..", "..", "..", "..", "node_modules");

mkdirSync(partial, { recursive: true });
await build({
  entryPoints: [join(here, "studio.js"), join(here, "studio.css")],
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "none", // the whole licences are put beside the bundle below
  outdir: partial,
  logLevel: "warning",
});
cpSync(join(here, "seal.svg"), join(partial, "seal.svg"));
const licences = ["htmx.org", "uplot"].map((name) => {
  const { version, license } = JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8"));
  return `${name} ${version} (${license})\n\n${readFileSync(join(packages, name, "LICENSE"), "utf8")}`;
});
writeFileSync(join(partial, "LICENSES.txt"), licences.join("\n\n"));
rmSync(built, { recursive: true, force: true });
renameSync(partial, built);
