import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Keeping } from '../../chat/client/keeping.ts';
import type { Surroundings } from '../../chat/client/surroundings.ts';
import type { Pending } from '../../chat/client/types.ts';
import { Device, KEY, World } from './browser.ts';

const LINE: Pending = {
  clientId: 'a',
  text: 'hello',
  button: null,
  file: null,
  state: 'sending',
  why: null,
  at: '',
};

function keeping(device: Device): Keeping {
  const tab = new World().tab();
  return new Keeping({ storage: () => device.seenBy(tab) } as unknown as Surroundings, 'demo');
}

test('nothing is written before it is allowed', () => {
  const device = new Device();
  const kept = keeping(device);

  kept.change({ draft: 'hello' });
  kept.putLine(LINE);

  assert.equal(device.writes, 0);
});

test('one JSON text per site holds everything', () => {
  const device = new Device();
  const kept = keeping(device);
  kept.allow();

  kept.change({ token: 't', conversation: 'c' });
  kept.putLine(LINE);

  assert.deepEqual([...device.items.keys()], [KEY]);
  assert.deepEqual(keeping(device).read().pending, [LINE]);
});

test('a tab changes only what it names', () => {
  const device = new Device();
  const [one, other] = [keeping(device), keeping(device)];
  one.allow();
  other.allow();

  one.putLine(LINE);
  other.putLine({ ...LINE, clientId: 'b' });
  one.change({ seen: 3 });
  other.dropLine('a');

  const { seen, pending } = one.read();
  assert.deepEqual([seen, pending.map(({ clientId }) => clientId)], [3, ['b']]);
});

test('a line in a new state keeps its place', () => {
  const kept = keeping(new Device());
  kept.allow();
  kept.putLine(LINE);
  kept.putLine({ ...LINE, clientId: 'b' });

  kept.putLine({ ...LINE, state: 'failed', why: 'x' });

  assert.deepEqual(
    kept.read().pending.map(({ clientId, state }) => [clientId, state]),
    [
      ['a', 'failed'],
      ['b', 'sending'],
    ],
  );
});

test('a device that is full loses nothing while the page lives', () => {
  const device = new Device();
  const kept = keeping(device);
  kept.allow();
  kept.change({ draft: 'before' });
  device.isFull = true;

  kept.change({ draft: 'after' });
  kept.putLine(LINE);
  assert.deepEqual([kept.read().draft, kept.read().pending.length], ['after', 1]);

  device.isFull = false;
  kept.change({ seen: 1 });
  assert.equal(device.kept().draft, 'after');
});

test('a device that forbids keeping is lived with', () => {
  const device = new Device();
  device.isForbidden = true;
  const kept = keeping(device);
  kept.allow();

  kept.change({ draft: 'hello' });

  assert.equal(kept.read().draft, 'hello');
  kept.forget();
  assert.equal(kept.read().draft, '');
});

test('what is kept and not understood is left out', () => {
  const device = new Device();
  for (const odd of [
    '',
    'no JSON',
    'null',
    '[]',
    '7',
    '{"token":3,"seen":-1,"pending":[{"clientId":"<b>"},4]}',
  ]) {
    device.items.set(KEY, odd);

    const { token, seen, pending, person, opening } = keeping(device).read();

    assert.deepEqual([token, seen, pending, person, opening], [null, 0, [], null, null], odd);
  }
});

test('forgetting leaves nothing and allows nothing', () => {
  const device = new Device();
  const kept = keeping(device);
  kept.allow();
  kept.change({ token: 't' });

  kept.forget();
  kept.change({ token: 'again' });

  assert.equal(device.items.size, 0);
});

test('what another tab has forgotten is not put back as an empty record', () => {
  const device = new Device();
  const [here, there] = [keeping(device), keeping(device)];
  for (const kept of [here, there]) kept.allow();
  here.change({ token: 't', expires: '', conversation: 'c' });

  here.forget();
  there.change({ opening: { tab: 'b', until: 5 } });
  there.change({ opening: null });

  assert.equal(device.items.size, 0);
});
