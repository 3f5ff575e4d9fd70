// The first load may weigh 150 KB of JavaScript (gzip): the entry, and each page that somebody may open first.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";

const LIMIT_BYTES = 150_000;
const FIRST_PAGES = ["SignIn.tsx", "Register.tsx", "FunnelList.tsx", "Setup.tsx", "DashboardList.tsx", "DashboardPage.tsx"];
const folder = fileURLToPath(new URL("../../iafa_api/web/dashboard/", import.meta.url));
const manifest = JSON.parse(readFileSync(`${folder}.vite/manifest.json`, "utf8"));

function load(key, into) {
  const chunk = manifest[key];
  if (into.has(chunk.file)) return into;
  into.add(chunk.file);
  for (const imported of chunk.imports ?? []) load(imported, into);
  return into;
}

const bytesOf = (file) => (file.endsWith(".js") ? gzipSync(readFileSync(folder + file)).length : 0);
const entry = Object.keys(manifest).find((key) => manifest[key].isEntry);
const pages = FIRST_PAGES.map((name) => {
  const key = Object.keys(manifest).find((one) => one.endsWith(`/${name}`));
  if (!key) throw new Error(`${name} is no page of its own any more; name the first pages anew.`);
  return [name, load(key, load(entry, new Set()))];
});
let isTooLarge = false;
for (const [name, files] of [["entry", load(entry, new Set())], ...pages]) {
  const bytes = [...files].reduce((sum, file) => sum + bytesOf(file), 0);
  isTooLarge ||= bytes > LIMIT_BYTES;
  console.log(`first load, ${name}: ${(bytes / 1000).toFixed(1)} KB gzip`);
}
if (isTooLarge) {
  console.error(`The first load may be ${LIMIT_BYTES / 1000} KB at most.`);
  process.exit(1);
}
