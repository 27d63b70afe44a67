import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message, Status, Welcome } from '../../chat/client/frames.ts';
import { readFrame } from '../../chat/client/frames.ts';
import { Ledger } from '../../chat/client/ledger.ts';
import { chance } from './time.ts';

function message(seq: number, changes: object = {}): Message {
  const frame = readFrame({ type: 'message', seq, author: 'assistant', text: `line ${seq}`, ...changes });
  assert.ok(frame?.type === 'message');
  return frame;
}

function status(version: number, lastSeq = 0): Status {
  return { version, lastSeq, speaker: 'assistant', agent: null, language: 'en', thinking: false };
}

function welcome(changes: Partial<Welcome> = {}): Welcome {
  const base = { type: 'welcome' as const, conversation: 'c', epoch: 'e', lastSeq: 0, characters: null };
  return { ...base, status: status(1), ...changes };
}

function places(ledger: Ledger): number[] {
  return ledger.lines.map(({ seq }) => seq);
}

test('lines stand in their order, once, however they come', () => {
  for (let seed = 0; seed < 50; seed++) {
    const pick = chance(seed);
    const coming = [1, 2, 3, 4, 5, 6, 7, 3, 5, 1].map((seq) => ({ seq, place: pick() }));
    const ledger = new Ledger();

    for (const { seq } of coming.toSorted((one, other) => one.place - other.place)) ledger.take(message(seq));

    assert.deepEqual(places(ledger), [1, 2, 3, 4, 5, 6, 7]);
    assert.equal(ledger.hasHole, false);
  }
});

test('a line after a gap waits for the ones before it', () => {
  const ledger = new Ledger();

  assert.deepEqual(ledger.take(message(2)), []);
  assert.equal(ledger.hasHole, true);
  assert.deepEqual(
    ledger.take(message(1)).map(({ line }) => line.seq),
    [1, 2],
  );
});

test('what the desk has spoken of and not sent is missing', () => {
  const ledger = new Ledger();

  ledger.update(status(1, 1));
  assert.equal(ledger.isBehind, true);
  ledger.take(message(1));
  assert.equal(ledger.isBehind, false);
  ledger.hearOf(2);
  assert.equal(ledger.isBehind, true);
});

test('a status counts only when its version is greater', () => {
  const ledger = new Ledger();

  assert.deepEqual(
    [status(2), status(1), status(2), status(3)].map((next) => ledger.update(next)),
    [true, false, false, true],
  );
});

test('the place survives everything but another ledger', () => {
  const cases: [Partial<Welcome>, boolean][] = [
    [{ lastSeq: 2 }, true],
    [{ lastSeq: 9 }, true],
    [{ lastSeq: 1 }, false],
    [{ lastSeq: 2, epoch: 'other' }, false],
    [{ lastSeq: 2, conversation: 'other' }, false],
  ];
  for (const [changes, isSame] of cases) {
    const ledger = new Ledger();
    ledger.enter(welcome());
    ledger.take(message(1));
    ledger.take(message(2));

    assert.equal(ledger.enter(welcome(changes)), isSame);
    assert.deepEqual(places(ledger), isSame ? [1, 2] : []);
  }
});

test('a line is recognised by the id its sender gave', () => {
  const ledger = new Ledger();

  ledger.take(message(1, { client_id: 'mine' }));

  assert.equal(ledger.holds('mine'), true);
  ledger.forget();
  assert.equal(ledger.holds('mine'), false);
});

test("only others' lines after the place are unread", () => {
  const ledger = new Ledger();
  for (const [place, author] of ['desk', 'person', 'assistant', 'agent'].entries()) {
    ledger.take(message(place + 1, { author }));
  }

  assert.deepEqual([ledger.unread(0), ledger.unread(1), ledger.unread(4)], [3, 2, 0]);
});

test('the array of lines stays the same while no line comes', () => {
  const ledger = new Ledger();
  ledger.take(message(1));
  const { lines } = ledger;

  ledger.take(message(1));
  ledger.take(message(3));
  ledger.update(status(5));

  assert.equal(ledger.lines, lines);
});
