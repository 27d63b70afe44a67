import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFrame, readFrames } from '../../chat/client/frames.ts';

const STATUS = {
  version: 3,
  last_seq: 2,
  speaker: 'agent',
  agent: 'Ana',
  language: 'fr',
  thinking: true,
  turns_done: 1,
};

test('a message keeps everything the protocol names and nothing else', () => {
  const frame = readFrame({
    type: 'message',
    seq: 4,
    author: 'assistant',
    text: 'Restart it.',
    at: '2026-01-05T09:00:00+00:00',
    buttons: [{ id: 'b', title: 'It works' }],
    sources: [{ title: 'VPN', url: '/kb/vpn', slug: 'vpn' }],
    ticket: 'INC-000001',
    says: 'answer',
    file: { id: 'f', name: 'a.png', width: 1, height: 2, bytes: 3 },
    client_id: 'c',
    mood: 'new to us',
  });

  assert.deepEqual(frame, {
    type: 'message',
    clientId: 'c',
    line: {
      seq: 4,
      author: 'assistant',
      text: 'Restart it.',
      at: '2026-01-05T09:00:00+00:00',
      buttons: [{ id: 'b', title: 'It works' }],
      sources: [{ title: 'VPN', url: '/kb/vpn', slug: 'vpn' }],
      ticket: 'INC-000001',
      agent: null,
      notice: null,
      says: 'answer',
      file: { id: 'f', name: 'a.png', width: 1, height: 2, bytes: 3 },
    },
  });
});

test('a message with a place is never dropped: it would leave a hole for ever', () => {
  const odd = {
    type: 'message',
    seq: 1,
    author: 'robot',
    text: 7,
    at: null,
    buttons: [3, { id: 'x' }],
    notice: 'ad',
  };

  const frame = readFrame(odd);

  assert.ok(frame?.type === 'message');
  assert.deepEqual(
    [frame.line.author, frame.line.text, frame.line.buttons, frame.line.notice],
    ['desk', '', [], null],
  );
});

test('a welcome needs a conversation, an epoch, a place and a status', () => {
  const welcome = { type: 'welcome', conversation: 'c', epoch: 'e', last_seq: 2, status: STATUS };

  const frame = readFrame({ ...welcome, limits: { characters: 4000 } });

  assert.ok(frame?.type === 'welcome');
  assert.equal(frame.characters, 4000);
  assert.deepEqual(frame.status, {
    version: 3,
    lastSeq: 2,
    speaker: 'agent',
    agent: 'Ana',
    language: 'fr',
    thinking: true,
  });
  for (const missing of ['conversation', 'epoch', 'last_seq', 'status']) {
    assert.equal(readFrame({ ...welcome, [missing]: undefined }), null, missing);
  }
});

test('what is not a frame, or is new to us, is nothing', () => {
  const strange = [null, 1, 'message', [], {}, { type: 3 }, { type: 'dance' }, { type: 'message', seq: '1' }];
  const broken = [
    { type: 'ack', seq: 1 },
    { type: 'ack', client_id: 'c' },
    { type: 'status', version: -1 },
  ];

  for (const raw of [...strange, ...broken]) assert.equal(readFrame(raw), null, JSON.stringify(raw));
});

test('waits that the desk names stay within reason', () => {
  const waits = [500, -3, 1e12, 'soon', Number.NaN].map((wait) =>
    readFrame({ type: 'reconnect', wait_ms: wait }),
  );

  assert.deepEqual(
    waits.map((frame) => frame?.type === 'reconnect' && frame.waitMs),
    [500, 0, 60_000, 0, 0],
  );
});

test('an answer over HTTP holds frames, or is one', () => {
  assert.deepEqual(readFrames({ frames: [{ type: 'pong' }, { type: 'dance' }] }), [{ type: 'pong' }]);
  assert.deepEqual(readFrames({ type: 'pong' }), [{ type: 'pong' }]);
  assert.equal(readFrames({ tickets: [] }), null);
  assert.equal(readFrames('<html>'), null);
});
