import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readForFrame, readForHost, readToken, wrapped } from '../../shared/messages.ts';

const LOOK = {
  color: '#0b5cab',
  text: '#ffffff',
  language: 'en',
  labels: { open: 'Open', close: 'Close', unread: '{count} unread', title: 'Chat' },
};

for (const message of [
  { type: 'ready' },
  { type: 'look', look: LOOK },
  { type: 'identity', id: 3 },
  { type: 'unread', count: 0 },
  { type: 'wide', on: true },
] as const) {
  test(`what the frame says reaches the host: ${message.type}`, () => {
    assert.deepEqual(readForHost(wrapped(message)), message);
  });
}

for (const message of [
  { type: 'hello', language: 'fr', theme: 'dark', identity: true },
  { type: 'show' },
  { type: 'identity', id: 3, token: 'a.b.c', failed: false },
  { type: 'identity', id: 3, token: null, failed: true },
  { type: 'theme', theme: 'light' },
] as const) {
  test(`what the host says reaches the frame: ${message.type}`, () => {
    assert.deepEqual(readForFrame(wrapped(message)), message);
  });
}

for (const data of [
  null,
  undefined,
  'open',
  7,
  [],
  {},
  { type: 'open' },
  { guichet: 2, type: 'open' },
  { guichet: 1 },
  { guichet: 1, type: 'eval', code: 'x' },
  { guichet: 1, type: 'unread', count: -1 },
  { guichet: 1, type: 'unread', count: '3' },
  { guichet: 1, type: 'identity', id: 1.5 },
  { guichet: 1, type: 'look', look: { ...LOOK, color: 'red;background:url(//x)' } },
  { guichet: 1, type: 'look', look: { ...LOOK, labels: null } },
  { guichet: 1, type: 'identity', id: 1, token: 'x'.repeat(4_001) },
  { guichet: 1, type: 'identity', id: 1, token: 5 },
]) {
  test(`what is no message of ours is ignored: ${JSON.stringify(data)?.slice(0, 60)}`, () => {
    const isToken = typeof data === 'object' && data !== null && 'token' in data;
    assert.equal(isToken ? readForFrame(data) : readForHost(data), null);
  });
}

test('fields that are none of ours do not come along', () => {
  assert.deepEqual(readForHost({ guichet: 1, type: 'open', extra: 'x' }), { type: 'open' });
});

test('nobody is signed in where the page gives nothing', () => {
  for (const given of [null, undefined, '']) assert.equal(readToken(given), null);
});

test('what the loader lets through as an identity, the frame takes', () => {
  const token = readToken('x'.repeat(4_000));

  const message = { type: 'identity', id: 1, token, failed: false } as const;
  assert.deepEqual(readForFrame(wrapped(message)), message);
});

for (const given of ['x'.repeat(4_001), 7, { token: 'a.b.c' }]) {
  test(`what the frame would not take as an identity is told to the page's makers: ${typeof given}`, () => {
    assert.throws(() => readToken(given), /a text of at most 4000 characters/);
  });
}
