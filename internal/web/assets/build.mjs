// Builds what the pages load: app.css, app.js and charts.js with names made of
// their content, each also compressed, and manifest.json that says which is which.
import * as esbuild from "esbuild";
import postcss from "postcss";
import { createHash } from "node:crypto";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "dist");

// Tabler turns dark where data-bs-theme says so, and a page that runs no script
// cannot know what the system is set to. So each rule for dark is there twice:
// as it is, and within a media query for data-bs-theme=auto.
const followSystem = {
  postcssPlugin: "follow-system",
  Once(root) {
    const dark = postcss.atRule({ name: "media", params: "(prefers-color-scheme: dark)" });
    root.walkRules(/data-bs-theme="?dark/, (rule) => {
      const selectors = rule.selectors
        .map((s) => s.replaceAll('[data-bs-theme="dark"]', "[data-bs-theme=dark]"))
        .filter((s) => s.includes("[data-bs-theme=dark]"))
        .map((s) => s.replaceAll("[data-bs-theme=dark]", "[data-bs-theme=auto]"));
      if (rule.parent.type !== "root" || selectors.length === 0) return;
      dark.append(rule.clone({ selectors }));
    });
    if (dark.nodes?.length) root.append(dark);
  },
};

// esbuild hands each style sheet to the plugin above.
const styles = {
  name: "styles",
  setup(build) {
    build.onLoad({ filter: /\.css$/ }, async (args) => {
      const result = await postcss([followSystem]).process(readFileSync(args.path, "utf8"), { from: args.path, map: false });
      return { contents: result.css, loader: "css" };
    });
  },
};

mkdirSync(out, { recursive: true });
for (const file of readdirSync(out)) if (file !== ".keep") rmSync(join(out, file));

const result = await esbuild.build({
  absWorkingDir: here,
  entryPoints: ["src/app.css", "src/app.js", "src/charts.js", "src/icon.svg"],
  bundle: true,
  minify: true,
  format: "esm",
  target: ["chrome111", "firefox113", "safari16.4"],
  loader: { ".svg": "copy" },
  legalComments: "none",
  write: false,
  outdir: out,
  plugins: [styles],
});

const manifest = {};
for (const file of result.outputFiles) {
  const ext = extname(file.path);
  const name = basename(file.path, ext).replace(/-[A-Z0-9]{8}$/, "");
  const hash = createHash("sha256").update(file.contents).digest("hex").slice(0, 12);
  const hashed = `${name}-${hash}${ext}`;
  manifest[name + ext] = hashed;
  const body = Buffer.from(file.contents);
  writeFileSync(join(out, hashed), body);
  const br = brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  writeFileSync(join(out, hashed + ".br"), br);
  const gz = gzipSync(body, { level: 9 });
  writeFileSync(join(out, hashed + ".gz"), gz);
  console.log(`${hashed}  ${body.length} bytes, ${gz.length} by gzip, ${br.length} by brotli`);
}
writeFileSync(join(out, "manifest.json"), JSON.stringify(manifest, null, 2) + "\n");
