// Makes the scripts that others wrote: what d3.d.ts and its like export, each as a single ES module
// beside it, with the licences of everything inside. `--check` rebuilds in memory and fails when a
// byte differs.
import { readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..");
const BUNDLES = ["assets/vendor/d3", "assets/vendor/diff", "assets/dev/idiomorph"];

async function bundle(path) {
  const result = await build({
    stdin: {
      contents: await readFile(join(root, `${path}.d.ts`), "utf8"),
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
    outfile: join(root, `${path}.js`),
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

async function licence(name) {
  const folder = join(root, "node_modules", name);
  const { version } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const text = await readFile(join(folder, "LICENSE"), "utf8");
  return { title: `${name} ${version}`, text: text.trim() };
}

async function filesOf(path) {
  const { code, names } = await bundle(path);
  const licences = await Promise.all(names.map(licence));
  const versions = licences.map(({ title }) => title).join(", ");
  const texts = licences.map(({ title, text }) => `${title}\n\n${text}\n`);
  return [
    [`${path}.js`, `// ${versions}; licences in ${basename(path)}.LICENSE\n${code}`],
    [`${path}.LICENSE`, texts.join("\n\n")],
  ];
}

for (const [path, content] of (await Promise.all(BUNDLES.map(filesOf))).flat()) {
  const file = join(root, path);
  if (process.argv.includes("--check")) {
    const held = await readFile(file, "utf8").catch(() => null);
    if (held !== content) {
      console.error(`${path} is not what \`npm run vendor\` makes; run it and commit`);
      process.exitCode = 1;
    }
  } else {
    await writeFile(file, content);
    console.log(`${path}: ${content.length} characters`);
  }
}
