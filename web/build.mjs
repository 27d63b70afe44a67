// Builds what browsers get into build/web: node build.mjs [--out FOLDER].
//
// The same sources give the same bytes, wherever the folder stands. Nothing is written when a budget is passed.

import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build as bundle } from 'esbuild';
import { minify } from 'terser';

const HERE = import.meta.dirname;
const MANIFEST = 'manifest.json';

/** What each part may weigh, in bytes as they travel (gzip). */
export const BUDGETS = { loader: 5_000, widget: 30_000 };

/** @type {import("esbuild").BuildOptions} */
const EVERYWHERE = {
  bundle: true,
  minify: true,
  target: 'es2022',
  legalComments: 'none',
  write: false,
  logLevel: 'silent',
};

/**
 * @typedef {{ loader: Uint8Array, widget: Uint8Array, style: Uint8Array, parts: Map<string, Uint8Array> }} Built
 * `parts`: what the widget fetches when it needs it, by name; such as the texts of one language.
 */

/**
 * Bundles the sources in a folder.
 *
 * @param {string} sources
 * @returns {Promise<Built>}
 */
export async function compile(sources) {
  const options = { ...EVERYWHERE, absWorkingDir: sources };
  const split = { splitting: true, outdir: 'out', chunkNames: '[name]-[hash]' };
  const [loader, widget, style] = await Promise.all([
    // Plain ASCII, as esbuild writes it unless told otherwise: a page in any encoding may include it.
    bundle({ ...options, entryPoints: ['loader/main.ts'], format: 'iife' }),
    bundle({ ...options, ...split, entryPoints: ['widget/main.ts'], format: 'esm', charset: 'utf8' }),
    bundle({ ...options, entryPoints: ['widget/style.css'], charset: 'utf8' }),
  ]);
  const scripts = new Map();
  for (const { path, contents } of widget.outputFiles ?? []) {
    scripts.set(basename(path), await squeezed(contents, true));
  }
  return {
    loader: await squeezed(onlyFile(loader), false),
    ...named(scripts),
    style: onlyFile(style),
  };
}

/**
 * The main script and its parts, which are named after the bytes that are served: esbuild names them after its own,
 * and what is made of those is terser's affair. A part has its name when all those it fetches have theirs.
 *
 * @param {Map<string, Uint8Array>} scripts
 */
function named(scripts) {
  const left = new Map([...scripts].map(([name, content]) => [name, new TextDecoder().decode(content)]));
  const main = left.get('main.js') ?? '';
  left.delete('main.js');
  const parts = new Map();
  /** @type {[string, string][]} */
  const names = [];
  const renamed = (/** @type {string} */ text) =>
    new TextEncoder().encode(names.reduce((made, [from, to]) => made.replaceAll(from, to), text));
  while (left.size > 0) {
    const waited = [...left.keys()].map((name) => `./${name}`);
    const next = [...left].find(([, text]) => !waited.some((name) => text.includes(name)));
    if (next === undefined) throw new Error('the parts of the widget fetch each other in a circle');
    const [name, text] = next;
    const content = renamed(text);
    const final = `${name.slice(0, name.lastIndexOf('-'))}-${digest(content)}.js`;
    parts.set(final, content);
    names.push([`./${name}`, `./${final}`]);
    left.delete(name);
  }
  return { widget: renamed(main), parts };
}

/**
 * What a part weighs, and what it may. Of the widget that is what one visit fetches: script, style, one language.
 *
 * @param {Built} built
 */
export function weigh({ loader, widget, style, parts }) {
  const script = gzipped(widget);
  const look = gzipped(style);
  const texts = Math.max(0, ...[...parts.values()].map(gzipped));
  return [
    { part: 'loader', bytes: gzipped(loader), budget: BUDGETS.loader, detail: '' },
    {
      part: 'widget',
      bytes: script + look + texts,
      budget: BUDGETS.widget,
      detail: ` (script ${said(script)}, style ${said(look)}, texts of a language ${said(texts)})`,
    },
  ];
}

/**
 * Writes the parts under their names, the manifest last and at once, then removes what it no longer names.
 *
 * @param {Built} built
 * @param {string} folder
 */
export async function publish({ loader, widget, style, parts }, folder) {
  const manifest = {
    loader: 'loader.js',
    widget: `widget-${digest(widget)}.js`,
    style: `widget-${digest(style)}.css`,
    parts: [...parts.keys()].sort(),
  };
  const files = new Map([
    [manifest.loader, loader],
    [manifest.widget, widget],
    [manifest.style, style],
    ...parts,
  ]);
  await mkdir(folder, { recursive: true });
  for (const [name, content] of files) await writeWhole(join(folder, name), content);
  await writeWhole(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const name of await readdir(folder)) {
    if (name !== MANIFEST && !files.has(name)) await rm(join(folder, name), { recursive: true });
  }
  return manifest;
}

/**
 * What esbuild leaves, looked at twice more: 2.5 % of the widget's bytes.
 *
 * @param {Uint8Array} script
 * @param {boolean} module
 */
async function squeezed(script, module) {
  const text = new TextDecoder().decode(script);
  const format = { ascii_only: !module };
  const { code } = await minify(text, { module, ecma: 2020, compress: { passes: 2 }, format });
  return new TextEncoder().encode(code);
}

/** @param {{ outputFiles?: import("esbuild").OutputFile[] | undefined }} result */
function onlyFile({ outputFiles = [] }) {
  const [file, ...others] = outputFiles;
  if (file === undefined || others.length > 0) throw new Error('a part must be built into one file');
  return file.contents;
}

/** @param {Uint8Array} content */
function digest(content) {
  return createHash('sha256').update(content).digest('hex').slice(0, 16);
}

/** @param {Uint8Array} content */
function gzipped(content) {
  return gzipSync(content, { level: 9 }).length;
}

/** @param {number} bytes */
function said(bytes) {
  return bytes.toLocaleString('en');
}

/**
 * @param {string} path
 * @param {string | Uint8Array} content
 */
async function writeWhole(path, content) {
  await writeFile(`${path}.new`, content);
  await rename(`${path}.new`, path);
}

async function main() {
  const { values } = parseArgs({ options: { out: { type: 'string' } } });
  const parts = await compile(HERE);
  const weights = weigh(parts);
  for (const { part, bytes, budget, detail } of weights) {
    console.log(`${part}: ${said(bytes)} of ${said(budget)} bytes gzipped${detail}`);
  }
  const heavy = weights.filter(({ bytes, budget }) => bytes > budget);
  if (heavy.length > 0) {
    throw new Error(`too heavy: ${heavy.map(({ part }) => part).join(', ')}; nothing was written`);
  }
  await publish(parts, values.out ?? join(HERE, '..', 'build', 'web'));
}

if (import.meta.main) {
  await main().catch((/** @type {Error} */ error) => {
    console.error(`web: ${error.message}`);
    process.exitCode = 1;
  });
}
