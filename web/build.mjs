// Builds what browsers get into build/web: node build.mjs [--out FOLDER].
//
// The same sources give the same bytes, wherever the folder stands. Nothing is written when a budget is passed.

import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build as bundle } from 'esbuild';

const HERE = import.meta.dirname;
const MANIFEST = 'manifest.json';

/** What each part may weigh, in bytes as they travel (gzip). */
export const BUDGETS = { loader: 5 * 1024, widget: 30 * 1024 };

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
 * Bundles the sources in a folder.
 *
 * @param {string} sources
 * @returns {Promise<{ loader: Uint8Array, widget: Uint8Array, style: Uint8Array }>}
 */
export async function compile(sources) {
  const options = { ...EVERYWHERE, absWorkingDir: sources };
  const [loader, widget, style] = await Promise.all([
    // Plain ASCII, as esbuild writes it unless told otherwise: a page in any encoding may include it.
    bundle({ ...options, entryPoints: ['loader/main.ts'], format: 'iife' }),
    bundle({ ...options, entryPoints: ['widget/main.ts'], format: 'esm', charset: 'utf8' }),
    bundle({ ...options, entryPoints: ['widget/style.css'], charset: 'utf8' }),
  ]);
  return { loader: onlyFile(loader), widget: onlyFile(widget), style: onlyFile(style) };
}

/**
 * What a part weighs, and what it may.
 *
 * @param {{ loader: Uint8Array, widget: Uint8Array, style: Uint8Array }} parts
 */
export function weigh({ loader, widget, style }) {
  const script = gzipped(widget);
  const look = gzipped(style);
  return [
    { part: 'loader', bytes: gzipped(loader), budget: BUDGETS.loader, detail: '' },
    {
      part: 'widget',
      bytes: script + look,
      budget: BUDGETS.widget,
      detail: ` (script ${said(script)}, style ${said(look)})`,
    },
  ];
}

/**
 * Writes the parts under their names, the manifest last and at once, then removes what it no longer names.
 *
 * @param {{ loader: Uint8Array, widget: Uint8Array, style: Uint8Array }} parts
 * @param {string} folder
 */
export async function publish({ loader, widget, style }, folder) {
  const manifest = {
    loader: 'loader.js',
    widget: `widget-${digest(widget)}.js`,
    style: `widget-${digest(style)}.css`,
  };
  await mkdir(folder, { recursive: true });
  await writeWhole(join(folder, manifest.loader), loader);
  await writeWhole(join(folder, manifest.widget), widget);
  await writeWhole(join(folder, manifest.style), style);
  await writeWhole(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
  const named = new Set([MANIFEST, ...Object.values(manifest)]);
  for (const name of await readdir(folder)) {
    if (!named.has(name)) await rm(join(folder, name), { recursive: true });
  }
  return manifest;
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
