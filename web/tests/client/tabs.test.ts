// Two tabs of one site share a session and a conversation, and end equal (TRUST F28).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Tab, vouch, World } from './browser.ts';

async function twoTabs(world = new World()): Promise<{ world: World; one: Tab; other: Tab }> {
  const one = await world.tab().opened();
  const other = world.tab();
  assert.equal(other.client.resume(), true);
  await world.pass(300);
  return { world, one, other };
}

function areEqual(...tabs: Tab[]): void {
  const views = tabs.map(({ state }) => {
    const { lines, pending, phase, conversation, unread, seen, person } = state;
    return { lines, pending, phase, conversation, unread, seen, person };
  });
  for (const view of views) assert.deepEqual(view, views[0]);
}

test('both show what either of them says, once', async () => {
  const { world, one, other } = await twoTabs();

  one.client.send('from one');
  other.client.send('from the other');
  await world.pass(2);
  assert.deepEqual([one.pendingTexts.length, other.pendingTexts.length], [2, 2]);
  await world.pass(500);

  areEqual(one, other);
  assert.deepEqual(world.desk.talk.texts.toSorted(), ['from one', 'from the other']);
  assert.equal(world.desk.heard.filter(({ type }) => type === 'send').length, 2, 'each sends its own');
});

test('a line of a tab that was closed is sent by the other', async () => {
  const { world, one, other } = await twoTabs();
  one.isOnline = false;
  one.client.send('left behind');
  await world.pass(10);
  one.kill();
  assert.deepEqual(other.pendingTexts, ['left behind']);

  await world.pass(11_000);

  assert.deepEqual([other.texts, other.pendingTexts], [['left behind'], []]);
});

test('what one has seen, both have', async () => {
  const { world, one, other } = await twoTabs();
  world.desk.talk.says('assistant', 'hello');
  await world.pass(50);
  assert.deepEqual([one.state.unread, other.state.unread], [1, 1]);

  other.client.markSeen();
  await world.pass(10);

  assert.deepEqual([one.state.unread, one.state.seen], [0, 1]);
});

test('a new conversation in one is a new conversation in both', async () => {
  const { world, one, other } = await twoTabs();
  one.client.send('old');
  await world.pass(100);

  other.client.restart();
  await world.pass(500);
  one.client.send('new');
  await world.pass(500);

  areEqual(one, other);
  assert.deepEqual(other.texts, ['new']);
  assert.equal(world.desk.talks.length, 2);
});

test('leaving in one leaves both', async () => {
  const { world, one, other } = await twoTabs();
  one.client.send('hello');
  await world.pass(500);

  void other.client.leave();
  await world.pass(500);

  assert.deepEqual([one.state.phase, one.texts, one.state.person], ['idle', [], null]);
  assert.equal(world.device.items.size, 0);
});

test('a tab that waits unopened goes along when the chat is opened in another', async () => {
  const world = new World();
  const idle = world.tab();
  assert.equal(idle.client.resume(), false);
  const one = await world.tab().opened();

  world.desk.talk.says('assistant', 'hello');
  await world.pass(500);

  areEqual(one, idle);
  assert.equal(idle.state.unread, 1);
});

test('two tabs opened at the same moment open one session', async () => {
  const world = new World();
  const [one, other] = [world.tab(), world.tab()];

  one.client.open();
  other.client.open();
  await world.pass(2000);

  areEqual(one, other);
  assert.equal(world.desk.paths('session').length, 1);
});

test('two tabs whose session ended while they slept open one new session', async () => {
  for (let seed = 1; seed < 30; seed++) {
    const { world, one, other } = await twoTabs(new World(seed));
    world.latency = () => 1 + world.random() * 40;
    world.device.lag = () => Math.round(world.random() * 20);
    one.client.send('before');
    await world.pass(1000);
    other.client.open();
    world.desk.revokeAll();
    world.desk.cut();
    one.client.send('after one');
    other.client.send('after the other');
    await world.pass(20_000);

    areEqual(one, other);
    assert.equal(world.desk.paths('session').length, 2, `seed ${seed}`);
    assert.deepEqual(one.texts.toSorted(), ['after one', 'after the other']);
  }
});

test('a tab that dies while it opens a session holds up the other for seconds only', async () => {
  const world = new World();
  const one = world.tab();
  one.client.open();
  await world.pass(1);
  one.kill();

  const other = world.tab();
  other.client.open();
  await world.pass(14_000);

  assert.equal(other.state.phase, 'online');
});

test('a failed line can be sent again or discarded in either', async () => {
  const { world, one, other } = await twoTabs();
  world.desk.lineAnswers.push({ type: 'error', code: 'not_now' }, { type: 'error', code: 'not_now' });
  one.client.send('again');
  one.client.send('away');
  await world.pass(100);
  areEqual(one, other);
  const [again, away] = other.state.pending;
  assert.deepEqual([again?.state, away?.state], ['failed', 'failed']);

  other.client.discard(away?.clientId ?? '');
  other.client.retry(again?.clientId ?? '');
  await world.pass(500);

  areEqual(one, other);
  assert.deepEqual([one.texts, one.pendingTexts], [['again'], []]);
});

test('somebody else who signs in is somebody else in both', async () => {
  const world = new World();
  let who = 'ana';
  let serial = 0;
  const identity = async () => vouch(who, serial++);
  const one = await world.tab({ identity }).opened();
  const other = await world.tab({ identity }).opened();
  one.client.send('secret');
  await world.pass(500);

  who = 'bob';
  one.client.identityChanged();
  await world.pass(3000);

  areEqual(one, other);
  assert.deepEqual([other.texts, other.state.person?.name], [[], 'bob']);
});

test('a tab that hears of its own changes is not misled by them', async () => {
  const world = new World();
  world.device.tellsTheWriter = true;
  let who = 'ana';
  let serial = 0;
  const tab = await world.tab({ identity: async () => vouch(who, serial++) }).opened();
  tab.client.send('hello');
  await world.pass(500);
  tab.client.restart();
  await world.pass(500);
  tab.client.send('again');
  await world.pass(500);
  assert.deepEqual([tab.texts, world.desk.talks.length], [['again'], 2]);

  who = 'bob';
  world.desk.revokeAll();
  tab.unplug();
  await world.pass(20_000);
  assert.deepEqual([tab.state.phase, tab.state.person?.name, tab.texts], ['online', 'bob', []]);

  void tab.client.leave();
  await world.pass(500);
  assert.equal(tab.state.phase, 'idle');
});

test('two pages that do not agree on who is there do not fight', async () => {
  const world = new World();
  let serial = 0;
  const ana = await world.tab({ identity: async () => vouch('ana', serial++) }).opened();
  const bob = await world.tab({ identity: async () => vouch('bob', serial++) }).opened();
  await world.pass(600_000);

  assert.deepEqual([ana.state.phase, bob.state.phase], ['idle', 'online']);
  assert.deepEqual([ana.state.person, bob.state.person?.name], [null, 'bob']);
  assert.equal(world.desk.paths('session').length, 2);
});

test('tabs whose writing crosses lose no line', async () => {
  const { world, one, other } = await twoTabs();
  world.isReachable = false;
  one.client.send('from one');
  const before = world.device.items.get('guichet:demo') ?? '';
  other.client.send('from the other');
  // As if the other tab had written without having seen the line of the first.
  world.device.items.set('guichet:demo', before.replace(/"pending":\[.*?\]/, '"pending":[]'));
  one.happens('stored');
  other.happens('stored');
  await world.pass(50);
  one.kill();
  other.kill();
  world.isReachable = true;

  const next = world.tab();
  next.client.resume();
  await world.pass(1000);

  assert.deepEqual(next.texts.toSorted(), ['from one', 'from the other']);
});

test('a line on file that writing in another tab has put back does not stay kept', async () => {
  const { world, one, other } = await twoTabs();
  one.client.send('hello');
  await world.pass(3);
  const crossed = world.device.items.get('guichet:demo') ?? '';
  await world.pass(500);

  world.device.items.set('guichet:demo', crossed);
  other.happens('stored');
  await world.pass(50);

  assert.deepEqual([world.device.kept().pending, other.pendingTexts], [[], []]);
});

test('a conversation that one tab begins knows no picture of the one before in the other either', async () => {
  const { world, one, other } = await twoTabs();
  const picture = { id: 'p1', name: 'a.png', width: 1, height: 1, bytes: 1 };
  world.isReachable = false;
  one.unplug();
  other.unplug();
  one.client.send('look', picture);
  one.client.send('', picture);
  await world.pass(100);

  one.client.restart();
  world.isReachable = true;
  await world.pass(60_000);

  areEqual(one, other);
  assert.deepEqual([one.texts, one.pendingTexts], [['look'], ['']]);
  assert.equal(world.device.kept().pending?.length, 1);
});
