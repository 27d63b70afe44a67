import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Outbox } from '../../chat/client/outbox.ts';
import type { Pending } from '../../chat/client/types.ts';

function line(clientId: string, changes: Partial<Pending> = {}): Pending {
  return {
    clientId,
    text: clientId,
    button: null,
    file: null,
    state: 'sending',
    why: null,
    at: '',
    ...changes,
  };
}

function outbox(...ids: string[]): Outbox {
  const box = new Outbox();
  for (const id of ids) box.add(line(id));
  return box;
}

function ids(lines: readonly Pending[]): string[] {
  return lines.map(({ clientId }) => clientId);
}

test('one line flies at a time, in the order they were written', () => {
  const box = outbox('a', 'b');

  assert.equal(box.take(0)?.clientId, 'a');
  assert.equal(box.take(0), null);
  box.acknowledge('a', 1, 0);
  assert.equal(box.take(0)?.clientId, 'b');
});

test('a line whose answer was lost goes again under the same id', () => {
  const box = outbox('a', 'b');
  box.take(0);

  box.lost();

  assert.equal(box.take(0)?.clientId, 'a');
});

test('a line stays until the desk shows it, whichever of acknowledgement and message comes first', () => {
  const early = outbox('a');
  early.take(0);
  early.acknowledge('a', 1, 0);
  assert.deepEqual(ids(early.pending), ['a']);
  assert.equal(early.settle('a', 1), 'a');
  assert.deepEqual(early.pending, []);

  const late = outbox('a');
  late.take(0);
  assert.equal(late.settle('a', 1), 'a');
  late.acknowledge('a', 1, 1);
  assert.deepEqual(late.pending, []);
});

test('a desk that names no ids is understood by the place', () => {
  const before = outbox('a');
  before.acknowledge('a', 4, 3);
  assert.equal(before.settle(null, 4), 'a');

  const after = outbox('a');
  after.acknowledge('a', 4, 4);
  assert.deepEqual(after.pending, []);
});

test('after slow_down the same line goes first, and not before the wait is over', () => {
  const box = outbox('a', 'b');
  box.take(0);

  box.hold('a', 500);

  assert.equal(box.take(499), null);
  assert.equal(box.dueAt(0), 500);
  assert.equal(box.take(500)?.clientId, 'a');
});

test('a refused line fails with its reason and does not hold up the next', () => {
  const box = outbox('a', 'b');
  box.take(0);

  const shown = box.fail('a', 'message_too_long');

  assert.deepEqual([shown?.state, shown?.why], ['failed', 'message_too_long']);
  assert.equal(box.take(0)?.clientId, 'b');
  assert.deepEqual(ids(box.pending), ['a', 'b']);
});

test('a line on file cannot fail any more', () => {
  const box = outbox('a');
  box.acknowledge('a', 1, 0);

  assert.equal(box.fail('a', 'internal'), null);
});

test('a retried line goes under the same id', () => {
  const box = outbox('a');
  box.fail('a', 'internal');

  assert.deepEqual([box.retry('a')?.state, box.take(0)?.clientId], ['sending', 'a']);
  assert.equal(box.retry('unknown'), null);
});

test('a desk that cannot keep a line is asked less and less often, then the person is', () => {
  const box = outbox('a');
  const waits: number[] = [];

  let now = 0;
  while (!box.postpone('a', 'not_saved', now)) {
    waits.push(box.dueAt(now) - now);
    now = box.dueAt(now);
  }

  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 10_000, 10_000, 10_000]);
  assert.equal(box.pending[0]?.why, 'not_saved');
});

test('with another ledger nothing counts as recorded that is not shown', () => {
  const box = outbox('a');
  box.take(0);
  box.acknowledge('a', 3, 2);
  assert.equal(box.take(0), null);

  box.doubt();

  assert.equal(box.take(0)?.clientId, 'a');
});

test('into another conversation go the lines not on file, without buttons', () => {
  const box = outbox('on file', 'waits');
  box.add(line('pressed', { button: 'b' }));
  box.acknowledge('on file', 1, 0);

  assert.deepEqual(box.move(), { left: ['on file', 'pressed'], changed: [] });
  assert.deepEqual(ids(box.pending), ['waits']);
});

test('into another conversation words go without their picture, and a picture alone does not go', () => {
  const file = { id: 'p1', name: 'a.png', width: 1, height: 1, bytes: 1 };
  const box = outbox('before');
  box.add(line('described', { file }));
  box.add(line('alone', { text: '', file }));

  const { left, changed } = box.move();

  assert.deepEqual([left, ids(changed)], [[], ['described', 'alone']]);
  assert.deepEqual(
    box.pending.map(({ text, file: picture, state, why }) => [text, picture?.id, state, why]),
    [
      ['before', undefined, 'sending', null],
      ['described', undefined, 'sending', null],
      ['', 'p1', 'failed', 'picture_not_found'],
    ],
  );
});

test("another tab's line is left to it for a while, and then sent all the same", () => {
  const box = new Outbox();
  box.add(line('theirs'), 1000);
  box.add(line('mine'));

  assert.equal(box.take(0)?.clientId, 'mine');
  box.acknowledge('mine', 1, 1);
  assert.equal(box.take(999), null);
  assert.equal(box.take(1000)?.clientId, 'theirs');
});

test('what other tabs are done with is forgotten, but never an own line that waits', () => {
  const box = new Outbox();
  box.add(line('theirs'), 1000);
  box.add(line('mine'));
  box.add(line('failed', { state: 'failed', why: 'x' }));

  assert.deepEqual(ids(box.missingFrom([])), ['mine']);
  assert.deepEqual(ids(box.pending), ['mine']);
});

test('a line in another state in another tab is so here too, unless it is on its way', () => {
  const box = outbox('flying', 'waiting');
  box.take(0);

  for (const id of ['flying', 'waiting']) box.align(line(id, { state: 'failed', why: 'x' }));

  assert.deepEqual(
    box.pending.map(({ state }) => state),
    ['sending', 'failed'],
  );
});
