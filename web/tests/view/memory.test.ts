import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apart } from '../../widget/memory.ts';

function device(): Map<string, string> {
  const items = new Map<string, string>();
  const localStorage = {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => items.set(key, value),
    removeItem: (key: string) => items.delete(key),
  };
  Object.defineProperty(globalThis, 'localStorage', { value: localStorage, configurable: true });
  return items;
}

test('pages of two origins, and a window of our own, keep what is theirs apart', () => {
  const items = device();
  const places = ['https://hr.example', 'https://it.example', null];

  for (const host of places) apart(host).setItem('guichet:demo', `of ${host}`);

  assert.deepEqual(
    places.map((host) => apart(host).getItem('guichet:demo')),
    ['of https://hr.example', 'of https://it.example', 'of null'],
  );
  assert.deepEqual(
    [...items.keys()],
    ['guichet:demo@https://hr.example', 'guichet:demo@https://it.example', 'guichet:demo:window'],
  );
});

test('what is forgotten on the pages of one origin stays on those of another', () => {
  const items = device();
  for (const host of ['https://hr.example', 'https://it.example'])
    apart(host).setItem('guichet:demo', 'kept');

  apart('https://hr.example').removeItem('guichet:demo');

  assert.deepEqual([...items.keys()], ['guichet:demo@https://it.example']);
});
