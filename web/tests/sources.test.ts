// What no source of ours may do, whoever writes it.

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

const WEB = join(import.meta.dirname, '..');

/** Ways to make elements, styles or programs of a string: what somebody typed would become part of the page. */
const OF_STRINGS =
  /\b(innerHTML|outerHTML|insertAdjacentHTML|setHTMLUnsafe|parseFromString|createContextualFragment|document\.write|srcdoc|eval|new Function)\b/;
/** Packages are for building and checking: a browser gets nothing but what is written here. */
const FROM_A_PACKAGE = /\b(from|import)\s*\(?\s*['"](?!\.)/;
/** Addresses of others: the page may only talk to the desk. SVG's name looks like one. */
const ELSEWHERE = /['"`](https?:)?\/\/(?!www\.w3\.org\/2000\/svg['"`])[a-z0-9-]+\./i;

async function* sources(): AsyncGenerator<{ name: string; text: string }> {
  for (const folder of ['loader', 'widget', 'chat', 'shared', 'texts']) {
    for (const entry of await readdir(join(WEB, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.name.endsWith('.ts')) continue;
      const path = join(entry.parentPath, entry.name);
      yield { name: path.slice(WEB.length + 1), text: await readFile(path, 'utf8') };
    }
  }
}

async function offenders(pattern: RegExp): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, text } of sources()) if (pattern.test(text)) found.push(name);
  return found;
}

test('nothing is made of HTML in a string', async () => {
  assert.deepEqual(await offenders(OF_STRINGS), []);
});

test('no package is shipped to browsers', async () => {
  assert.deepEqual(await offenders(FROM_A_PACKAGE), []);
});

test('no address of anybody else stands in a source', async () => {
  assert.deepEqual(await offenders(ELSEWHERE), []);
});

test('there are sources to look at', async () => {
  assert.notDeepEqual(await offenders(/./), []);
});
