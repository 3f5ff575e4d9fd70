import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

const LIMIT_BYTES = 5000;

test("the script with everything in it is under five kilobytes", () => {
  const script = readFileSync("dist/iafa.js");
  const size = gzipSync(script, { level: 9 }).length;
  assert.ok(size < LIMIT_BYTES, `${size} bytes`);
  assert.ok(size > LIMIT_BYTES / 2, "is it all there?");
  assert.match(script.toString(), /api\/v1/);
});

test("the module can be loaded on a server, where it does nothing", async () => {
  const path = `${process.cwd()}/dist/index.js`;
  const { default: iafa } = await import(path);
  iafa.init({ apiKey: "k", endpoint: "https://iafa.example.com" });
  iafa.track("seen");
  iafa("identify", "ann");
  assert.equal(typeof iafa.optOut, "function");
});
