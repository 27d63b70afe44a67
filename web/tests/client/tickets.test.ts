// What is asked beside the conversation: tickets and pictures.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChatError } from '../../chat/client/errors.ts';
import { type Tab, World } from './browser.ts';
import { frames, refused } from './desk.ts';

const TICKET = {
  number: 'INC-000001',
  type: 'incident',
  summary: 'VPN',
  status: 'on_hold',
  hold_reason: 'requester',
  priority: 'P3',
  group: 'network',
  opened_at: '2026-01-05T09:00:00+00:00',
  changed_at: '2026-01-05T10:00:00+00:00',
  may_reply: true,
  may_reopen: false,
};
const WHOLE = {
  ...TICKET,
  description: 'It drops.',
  details: null,
  entries: [
    {
      number: 1,
      kind: 'opened',
      at: TICKET.opened_at,
      author: 'me',
      text: 'It drops.',
      status: 'new',
      file: null,
    },
    {
      number: 3,
      kind: 'replied',
      at: TICKET.changed_at,
      author: 'team',
      text: 'Look.',
      status: null,
      file: { name: 'how.png', bytes: 12, path: 'ticket/INC-000001/file/3' },
    },
  ],
};

async function opened(path: string, ...bodies: unknown[]): Promise<{ world: World; tab: Tab }> {
  const world = new World();
  world.desk.answers.set(
    path,
    bodies.map((body) => ({ status: 200, body })),
  );
  return { world, tab: await world.tab().opened() };
}

async function given<T>(world: World, promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  await world.pass(200_000);
  return promise;
}

async function codeOf(world: World, promise: Promise<unknown>): Promise<string> {
  return given(world, promise).then(
    () => 'done',
    (error) => (error instanceof ChatError ? error.code : String(error)),
  );
}

test('tickets are read as the desk lists them', async () => {
  const { world, tab } = await opened('tickets', { tickets: [TICKET] });

  const [ticket] = await given(world, tab.client.tickets());

  assert.deepEqual(ticket, {
    number: 'INC-000001',
    type: 'incident',
    summary: 'VPN',
    status: 'on_hold',
    holdReason: 'requester',
    priority: 'P3',
    group: 'network',
    openedAt: TICKET.opened_at,
    changedAt: TICKET.changed_at,
    mayReply: true,
    mayReopen: false,
  });
  assert.deepEqual(world.desk.paths('tickets'), [{ language: 'en' }]);
});

test('a ticket has its story', async () => {
  const { world, tab } = await opened('ticket', { ticket: WHOLE });

  const { description, entries } = await given(world, tab.client.ticket('INC-000001'));

  assert.equal(description, 'It drops.');
  assert.deepEqual(entries, WHOLE.entries);
});

test('a reply carries the id its writer gave, and tells whether it was there before', async () => {
  const { world, tab } = await opened('ticket/reply', { ticket: WHOLE, entry: 2, duplicate: true });

  const { entry, duplicate } = await given(world, tab.client.replyTicket('INC-000001', 'r1', 'Still so.'));

  assert.deepEqual([entry, duplicate], [2, true]);
  assert.deepEqual(world.desk.paths('ticket/reply'), [
    { number: 'INC-000001', client_id: 'r1', text: 'Still so.', language: 'en' },
  ]);
});

test('a refusal has its code and its wait', async () => {
  const { world, tab } = await opened('none');
  world.desk.answers.set('ticket/reopen', [frames([{ type: 'slow_down', wait_ms: 700 }], 429)]);
  world.desk.answers.set('ticket', [refused('ticket_not_found', 404), { status: 502, body: '<html>' }]);

  await assert.rejects(given(world, tab.client.reopenTicket('INC-000001', 'r', 'No.')), {
    code: 'slow_down',
    waitMs: 700,
  });
  assert.equal(await codeOf(world, tab.client.ticket('INC-000009')), 'ticket_not_found');
  assert.equal(await codeOf(world, tab.client.ticket('INC-000009')), 'unreachable');
  world.desk.answers.set('tickets', [{ status: 500, body: { error: 'no word of the desk' } }]);
  assert.equal(await codeOf(world, tab.client.tickets()), 'unreachable');
  world.isReachable = false;
  assert.equal(await codeOf(world, tab.client.tickets()), 'unreachable');
});

test('an answer without a ticket is none', async () => {
  const { world, tab } = await opened('ticket', { ticket: null });

  assert.equal(await codeOf(world, tab.client.ticket('INC-000001')), 'unreachable');
});

test('a session that is refused is replaced, and the same asked once more', async () => {
  const { world, tab } = await opened('tickets');
  world.desk.answers.set('tickets', [
    refused('visitor_refused', 401),
    { status: 200, body: { tickets: [TICKET] } },
  ]);

  const tickets = await given(world, tab.client.tickets());

  assert.equal(tickets.length, 1);
  assert.deepEqual([tab.state.phase, world.desk.paths('session').length], ['online', 2]);
});

test('who has not opened the chat has no tickets', async () => {
  const world = new World();
  const tab = world.tab();

  assert.equal(await codeOf(world, tab.client.tickets()), 'nobody');
  assert.deepEqual([world.desk.asked.length, world.device.writes], [0, 0]);
});

test('a picture is uploaded into the conversation and tells how far it is', async () => {
  const file = { id: 'f1', name: 'a b.png', width: 4, height: 3, bytes: 12 };
  const { world, tab } = await opened('file', { file });
  const shares: number[] = [];

  const picture = await given(
    world,
    tab.client.upload(new Blob(['x']), 'a b.png', (share) => shares.push(share)),
  );

  assert.deepEqual([picture, shares], [file, [0.5]]);
  assert.match(tab.uploads[0] ?? '', /\/chat\/v1\/file\?conversation=c\d+&name=a%20b\.png$/);
});

test('a picture the desk does not take is refused with its reason', async () => {
  const { world, tab } = await opened('none');
  world.desk.answers.set('file', [refused('file_refused', 415)]);

  assert.equal(await codeOf(world, tab.client.upload(new Blob(['x']), 'a.svg')), 'file_refused');
});

test('a desk that names no file has none', async () => {
  const [, { file, ...entry }] = WHOLE.entries as [unknown, Record<string, unknown>];
  const entries = [entry, { ...entry, file: {} }, { ...entry, file: null }];
  const { world, tab } = await opened('ticket', { ticket: { ...WHOLE, entries } });

  const read = await given(world, tab.client.ticket('INC-000001'));

  assert.ok(file);
  assert.deepEqual(
    read.entries.map((each) => each.file),
    [null, null, null],
  );
});

test("a file's bytes are fetched from where the desk says, as who one is", async () => {
  const path = 'ticket/INC-000001/file/3';
  const { world, tab } = await opened(path, 'bytes');

  const blob = await given(world, tab.client.file(path));

  assert.equal(await blob.text(), '"bytes"');
  assert.equal(world.desk.asked.at(-1)?.token, 't1');
  world.desk.answers.set(path, [refused('file_gone', 410)]);
  assert.equal(await codeOf(world, tab.client.file(path)), 'file_gone');
});

test("a picture's bytes are fetched by its id, as who one is", async () => {
  const { world, tab } = await opened('file/f1', 'bytes');

  const blob = await given(world, tab.client.picture('f1'));

  assert.equal(await blob.text(), '"bytes"');
  assert.equal(world.desk.asked.at(-1)?.token, 't1');
});
