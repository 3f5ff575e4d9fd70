// Types of the API, from the document that its own code prints. Python: $PYTHON, else that of the project's .venv.
//
// Two readings of one document: in what is sent, only what it calls required has to be there; in what is answered,
// every field stands.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";

const root = fileURLToPath(new URL("../..", import.meta.url));
const python = process.env.PYTHON ?? `${root}.venv/bin/python`;
const printed = execFileSync(python, ["-m", "iafa_api.openapi"], { cwd: root, maxBuffer: 1 << 26, encoding: "utf8" });
const folder = fileURLToPath(new URL("../src/api/generated/", import.meta.url));
mkdirSync(folder, { recursive: true });
const write = async (name, document) => {
  const ast = await openapiTS(document, { defaultNonNullable: false }); // what has a default may be left out
  writeFileSync(`${folder}${name}.ts`, astToString(ast));
};
await write("sent", JSON.parse(printed));
await write("answered", withAllRequired(JSON.parse(printed)));

function withAllRequired(part) {
  if (typeof part !== "object" || part === null) return part;
  for (const inner of Object.values(part)) withAllRequired(inner);
  if (part.type === "object" && part.properties) part.required = Object.keys(part.properties);
  return part;
}
