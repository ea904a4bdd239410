// Makes d3.js, the one vendored script: what d3.d.ts exports, as a single ES module, with the
// licences of everything inside it beside it. `--check` rebuilds in memory and fails when a byte
// differs.
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..");

async function bundle() {
  const result = await build({
    stdin: {
      contents: await readFile(join(here, "d3.d.ts"), "utf8"),
      loader: "ts",
      resolveDir: root,
    },
    absWorkingDir: root,
    bundle: true,
    format: "esm",
    minify: true,
    target: "es2022",
    legalComments: "none",
    metafile: true,
    write: false,
    outfile: join(here, "d3.js"),
  });
  return {
    code: result.outputFiles[0].text,
    names: packagesIn(Object.keys(result.metafile.inputs)),
  };
}

function packagesIn(inputs) {
  const found = inputs.map((path) => /node_modules\/([^/]+)\//.exec(path)?.[1]);
  return [...new Set(found.filter(Boolean))].sort();
}

async function licences(names) {
  const parts = names.map(async (name) => {
    const folder = join(root, "node_modules", name);
    const { version } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const licence = await readFile(join(folder, "LICENSE"), "utf8");
    return { title: `${name} ${version}`, text: licence.trim() };
  });
  return (await Promise.all(parts)).map(({ title, text }) => `${title}\n\n${text}\n`).join("\n\n");
}

const { code, names } = await bundle();
const text = await licences(names);
const versions = text.match(/^d3-[a-z-]+ \d+\.\d+\.\d+$/gm).join(", ");
const files = {
  "d3.js": `// ${versions}; licences in d3.LICENSE\n${code}`,
  "d3.LICENSE": text,
};

for (const [name, content] of Object.entries(files)) {
  const path = join(here, name);
  if (process.argv.includes("--check")) {
    const held = await readFile(path, "utf8").catch(() => null);
    if (held !== content) {
      console.error(
        `assets/vendor/${name} is not what \`npm run vendor\` makes; run it and commit`,
      );
      process.exitCode = 1;
    }
  } else {
    await writeFile(path, content);
    console.log(`assets/vendor/${name}: ${content.length} characters`);
  }
}
