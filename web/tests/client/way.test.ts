import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Way } from '../../chat/client/way.ts';

function after(...ages: number[]): boolean {
  const way = new Way();
  for (const age of ages) {
    way.worked();
    way.died(age);
  }
  return way.isPolling;
}

test('two sockets without a welcome are enough', () => {
  const way = new Way();

  way.failed();
  assert.equal(way.isPolling, false);
  way.failed();
  assert.equal(way.isPolling, true);
});

test('sockets that die three times at the same age are cut by something on the way', () => {
  assert.equal(after(60_100, 60_300, 60_000), true);
  assert.equal(after(60_100, 60_300), false);
});

test('sockets that die at any age, at once or late are not', () => {
  assert.equal(after(10_000, 40_000, 60_000), false);
  assert.equal(after(200, 200, 200), false);
  assert.equal(after(90_000, 90_000, 90_000), false);
});

test('a desk that is away is no fault of sockets: the next attempt is one, and polling looks for one soon', () => {
  const way = new Way();
  way.failed();
  way.failed();

  way.away();

  assert.equal(way.isPolling, false);
  way.failed();
  assert.equal(way.isPolling, true);
  assert.equal(way.polled(), 5000);
  assert.equal(way.polled(), 300_000);
});

test('another network gets its own judgement', () => {
  const way = new Way();
  way.failed();
  way.failed();

  way.reset();

  assert.equal(way.isPolling, false);
});
