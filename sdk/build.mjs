// Builds dist/: iafa.js, the script for pages (also packed), and index.js, the module for applications.
// `node build.mjs test` builds the tests instead, into build/.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const { version } = JSON.parse(readFileSync("package.json", "utf8"));
const shared = { bundle: true, target: "es2020", charset: "utf8", logLevel: "warning" };

if (process.argv[2] === "test") {
  const tests = readdirSync("test").filter((name) => name.endsWith(".test.ts"));
  const entryPoints = tests.map((name) => `test/${name}`);
  await build({ ...shared, entryPoints, outdir: "build/test", platform: "node", format: "esm", sourcemap: "inline" });
} else {
  const banner = { js: `/*! IAFA SDK ${version} */` };
  await build({ ...shared, entryPoints: ["src/script.ts"], outfile: "dist/iafa.js", format: "iife", minify: true, banner });
  await build({ ...shared, entryPoints: ["src/index.ts"], outfile: "dist/index.js", format: "esm", banner });
  writeFileSync("dist/iafa.js.gz", gzipSync(readFileSync("dist/iafa.js"), { level: 9 }));
}
