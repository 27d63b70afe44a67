import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Status } from '../../chat/client/frames.ts';
import { Gaps } from '../../chat/client/gaps.ts';
import type { Ledger } from '../../chat/client/ledger.ts';
import { Presence } from '../../chat/client/presence.ts';
import { Wish } from '../../chat/client/wish.ts';

function missing(changes: Partial<Ledger>): Ledger {
  return { hasHole: false, isBehind: false, last: 3, ...changes } as Ledger;
}

function spoken(speaker: Status['speaker']): Status {
  return { version: 1, lastSeq: 0, speaker, agent: null, language: null, thinking: false };
}

test('a hole is due at once, what is behind after a second, nothing never', () => {
  assert.equal(new Gaps().isDue(missing({ hasHole: true }), 0), true);
  const gaps = new Gaps();
  assert.equal(gaps.isDue(missing({}), 0), false);
  assert.equal(gaps.dueAt, Infinity);
  assert.equal(gaps.isDue(missing({ isBehind: true }), 0), false);
  assert.deepEqual([gaps.dueAt, gaps.isDue(missing({ isBehind: true }), 1000)], [1000, true]);
});

test('the same is asked for less and less often, something else with fresh patience', () => {
  const gaps = new Gaps();
  const pauses: number[] = [];
  for (let now = 0; pauses.length < 8; now = gaps.dueAt) {
    assert.equal(gaps.isDue(missing({ hasHole: true }), now), true);
    pauses.push(gaps.dueAt - now);
  }
  assert.deepEqual(pauses, [1000, 2000, 4000, 8000, 16_000, 32_000, 32_000, 32_000]);

  assert.equal(gaps.isDue(missing({ hasHole: true, last: 4 }), 0), true);
  assert.equal(gaps.dueAt, 1000);
});

test("a person's other tabs are no news", () => {
  const presence = new Presence();

  presence.types('person', 1000);

  assert.equal(presence.typing, null);
});

test('who types is seen until then, or until the line is there', () => {
  const presence = new Presence();
  presence.types('agent', 1000);

  presence.said('assistant');
  presence.look(999);
  assert.deepEqual([presence.typing, presence.dueAt], [{ author: 'agent', until: 1000 }, 1000]);
  presence.look(1000);
  assert.deepEqual([presence.typing, presence.dueAt], [null, Infinity]);

  presence.types('agent', 2000);
  presence.said('agent');
  assert.equal(presence.typing, null);
});

test('there is a place in the queue only for who waits', () => {
  const presence = new Presence();
  presence.queued(3);
  assert.equal(presence.position, null);

  presence.follow(spoken('waiting'));
  presence.queued(3);
  assert.equal(presence.position, 3);

  presence.follow(spoken('agent'));
  assert.equal(presence.position, null);
});

test('a wish is told once, and confirmed only after it was told', () => {
  const wish = new Wish();
  assert.equal(wish.take(0), null);
  wish.choose('fr');
  wish.confirm('fr');
  assert.equal(wish.language, 'fr');

  assert.deepEqual([wish.take(0), wish.take(0)], ['fr', null]);
  wish.confirm('en');
  assert.equal(wish.language, 'fr');
  wish.again(500);
  assert.deepEqual([wish.dueAt, wish.take(499), wish.take(500)], [500, null, 'fr']);
  wish.confirm('fr');
  assert.equal(wish.language, null);
});

test('a wish that is fulfilled is not told again', () => {
  const wish = new Wish();
  wish.choose('fr');
  wish.take(0);
  wish.confirm('fr');

  wish.again(0);

  assert.deepEqual([wish.take(0), wish.dueAt], [null, Infinity]);
});
