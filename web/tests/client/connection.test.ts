// Coming back, staying away, and the way around proxies (TRUST WW-13, WW-14, WW-16; F28).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Phase } from '../../chat/client/types.ts';
import { type Tab, World } from './browser.ts';
import { error, frames, refused } from './desk.ts';

const DAY_MS = 86_400_000;

async function opened(world = new World()): Promise<{ world: World; tab: Tab }> {
  const tab = world.tab();
  tab.client.open();
  await world.pass(5000);
  return { world, tab };
}

function phases(tab: Tab): Phase[] {
  const all = tab.states.map(({ phase }) => phase);
  return all.filter((phase, place) => phase !== all[place - 1]);
}

function pings(world: World): number {
  return world.desk.heard.filter(({ type }) => type === 'ping').length;
}

function isPolling(world: World): boolean {
  return world.desk.sockets.size === 0;
}

test('nothing is asked and nothing is kept before the chat is opened', async () => {
  const world = new World();
  const tab = world.tab();
  tab.client.keepDraft('hello');
  tab.client.typing();
  tab.client.markSeen();
  tab.client.setLanguage('fr');
  tab.client.restart();
  for (const happening of ['online', 'offline', 'visible', 'hidden', 'stored'] as const)
    tab.happens(happening);

  assert.equal(tab.client.resume(), false);
  await world.pass(60_000);

  assert.equal(tab.state.phase, 'idle');
  assert.deepEqual([world.desk.asked.length, world.desk.heard.length, world.device.writes], [0, 0, 0]);
});

test('the first connection is connecting, then online', async () => {
  const { tab } = await opened();

  assert.deepEqual(phases(tab), ['connecting', 'online']);
});

test('a cut is mended at once, without a word of being offline', async () => {
  const { world, tab } = await opened();
  await world.pass(20_000);
  tab.states.length = 0;

  tab.unplug();
  await world.pass(1000);

  assert.deepEqual(phases(tab), ['connecting', 'online']);
});

test('pauses grow to 30 s with some chance in them, and the desk is found when it is back', async () => {
  const world = new World();
  world.isReachable = false;
  const tab = world.tab();
  tab.client.open();
  const tried: number[] = [];
  let before = 0;
  const attempts = () => world.attempts;
  for (let second = 0; second < 300; second++) {
    await world.pass(1000);
    if (attempts() > before) tried.push(second);
    before = attempts();
  }
  assert.equal(tab.state.phase, 'offline');
  assert.ok(tried.length > 8 && tried.length < 25, `${tried}`);
  const pauses = tried.slice(1).map((at, place) => at - (tried[place] ?? 0));
  assert.ok(Math.max(...pauses) <= 31 && Math.max(...pauses) >= 15, `${pauses}`);

  world.isReachable = true;
  await world.pass(31_000);
  assert.equal(tab.state.phase, 'online');
});

test('a desk that welcomes and breaks off is not asked in a loop', async () => {
  const { world } = await opened();
  const before = world.desk.hellos().length;

  for (let tenth = 0; tenth < 600; tenth++) {
    world.desk.cut();
    await world.pass(100);
  }

  assert.ok(world.desk.hellos().length - before < 60, `${world.desk.hellos().length - before} in a minute`);
});

test('reconnect is obeyed: nobody comes back before the wait is over, whatever happens on this side', async () => {
  const { world, tab } = await opened();
  await world.pass(20_000);
  const before = world.desk.hellos().length;

  world.desk.restart(10_000);
  for (let second = 0; second < 9; second++) {
    tab.happens('visible');
    tab.happens('online');
    await world.pass(1000);
  }
  assert.equal(world.desk.hellos().length, before);
  await world.pass(7000);

  assert.equal(tab.state.phase, 'online');
  assert.ok(!phases(tab).includes('offline'));
});

for (const code of ['site_unknown', 'origin_refused', 'identity_refused', 'bad_frame']) {
  test(`${code} is a refusal: nobody asks again until somebody wants to`, async () => {
    const world = new World();
    world.desk.answers.set('session', [refused(code, 403)]);
    const { tab } = await opened(world);
    tab.client.send('hello');
    await world.pass(DAY_MS);
    assert.deepEqual([tab.state.phase, tab.state.refusal], ['refused', code]);
    assert.equal(world.desk.asked.length, 1);
    assert.deepEqual(tab.pendingTexts, ['hello']);

    tab.client.open();
    await world.pass(1000);

    assert.deepEqual([tab.state.phase, tab.texts], ['online', ['hello']]);
  });
}

test('too many sockets: offline with the reason, and again after a while', async () => {
  const world = new World();
  world.desk.helloAnswers.push(error('too_many_sockets'));
  const tab = world.tab();
  tab.client.open();
  await world.pass(3000);
  assert.deepEqual([tab.state.phase, tab.state.refusal], ['offline', 'too_many_sockets']);

  await world.pass(5000);

  assert.deepEqual([tab.state.phase, tab.state.refusal], ['online', null]);
});

test('a session that is put off waits as long as it is told', async () => {
  const world = new World();
  world.desk.answers.set('session', [frames([{ type: 'slow_down', client_id: '', wait_ms: 4000 }], 429)]);
  const tab = world.tab();
  tab.client.open();
  await world.pass(3900);
  assert.equal(world.desk.paths('session').length, 1);

  await world.pass(3000);

  assert.equal(tab.state.phase, 'online');
});

for (const sockets of ['open', 'refused'] as const) {
  test(`a hello that is put off comes again after the wait (sockets ${sockets})`, async () => {
    const world = new World();
    world.sockets = sockets;
    world.desk.helloAnswers.push({ type: 'slow_down', client_id: '', wait_ms: 20_000 });
    const tab = world.tab();
    tab.client.open();
    await world.pass(19_000);
    assert.notEqual(tab.state.phase, 'online');
    assert.equal(tab.state.refusal, null);

    await world.pass(12_000);

    assert.equal(tab.state.phase, 'online');
  });
}

test("a proxy's page is no answer of the desk", async () => {
  const world = new World();
  world.desk.answers.set('session', [{ status: 502, body: '<html>' }]);
  const { tab } = await opened(world);

  assert.equal(tab.state.phase, 'online');
});

test('after 25 s of silence the desk is asked whether it is there', async () => {
  const { world, tab } = await opened();
  await world.pass(19_000);
  const before = pings(world);
  await world.pass(2000);

  assert.equal(pings(world), before + 1);
  await world.pass(120_000);
  assert.deepEqual(phases(tab), ['connecting', 'online']);
});

test('a connection that does not answer within 10 s is dead', async () => {
  const { world, tab } = await opened();
  world.desk.isDeaf = true;
  await world.pass(24_000);
  const { size } = world.desk.sockets;
  world.desk.isDeaf = false;
  world.desk.heard.length = 0;
  for (const socket of [...world.desk.sockets]) socket.forget();

  await world.pass(15_000);

  assert.equal(size, 1);
  assert.equal(world.desk.hellos().length, 1);
  assert.equal(tab.state.phase, 'online');
});

for (const sockets of ['open', 'refused'] as const) {
  test(`after eight hours asleep everything is caught up with, without doubles (sockets ${sockets})`, async () => {
    const world = new World();
    world.sockets = sockets;
    const { tab } = await opened(world);
    tab.client.send('before');
    await world.pass(500);
    for (const socket of [...world.desk.sockets]) socket.forget();
    world.desk.talk.says('assistant', 'meanwhile');

    await world.time.sleep(8 * 3_600_000);
    await world.pass(6000);

    assert.deepEqual(tab.texts, ['before', 'meanwhile']);
    assert.equal(tab.state.phase, 'online');
  });

  test(`when the page is seen again a dead connection is found within seconds (sockets ${sockets})`, async () => {
    const world = new World();
    world.sockets = sockets;
    const { tab } = await opened(world);
    for (const socket of [...world.desk.sockets]) socket.forget();
    world.desk.talk.says('assistant', 'meanwhile');

    tab.happens('visible');
    await world.pass(6000);

    assert.deepEqual(tab.texts, ['meanwhile']);
  });
}

test('without a network it is offline at once, and online as soon as there is one', async () => {
  const { world, tab } = await opened();
  tab.isOnline = false;
  tab.unplug();
  tab.happens('offline');
  await world.pass(2);
  assert.equal(tab.state.phase, 'offline');
  await world.pass(120_000);
  assert.equal(tab.state.phase, 'offline');

  tab.isOnline = true;
  tab.happens('online');
  await world.pass(100);

  assert.equal(tab.state.phase, 'online');
});

test('a browser that is wrong about the network is not believed for long', async () => {
  const { world, tab } = await opened();

  tab.happens('offline');
  await world.pass(3000);

  assert.equal(tab.state.phase, 'online');
});

for (const sockets of ['refused', 'silent'] as const) {
  test(`where sockets are ${sockets} long polling is used, and a socket tried after five minutes`, async () => {
    const world = new World();
    world.sockets = sockets;
    const tab = world.tab();
    tab.client.open();
    await world.pass(25_000);
    assert.deepEqual([tab.state.phase, isPolling(world)], ['online', true]);
    tab.client.send('over polling');
    world.desk.talk.says('assistant', 'as well');
    await world.pass(500);
    assert.deepEqual(tab.texts.toSorted(), ['as well', 'over polling']);
    await world.pass(300_000);
    assert.equal(isPolling(world), true);

    world.sockets = 'open';
    tab.states.length = 0;
    await world.pass(320_000);
    tab.client.send('over a socket');
    await world.pass(100);

    assert.equal(isPolling(world), false);
    assert.equal(world.desk.heard.at(-1)?.['text'], 'over a socket');
    assert.deepEqual(new Set(phases(tab)), new Set(['online']));
    assert.equal(tab.texts.length, 3);
  });
}

test('a socket is tried as soon as the network is another one', async () => {
  const world = new World();
  world.sockets = 'refused';
  const { tab } = await opened(world);
  assert.equal(isPolling(world), true);

  world.sockets = 'open';
  tab.happens('online');
  await world.pass(200);

  assert.equal(isPolling(world), false);
});

test('sockets that are cut every minute give way to polling', async () => {
  const { world, tab } = await opened();
  for (let minute = 0; minute < 4; minute++) {
    await world.pass(60_000);
    tab.unplug();
    await world.pass(700);
  }

  assert.deepEqual([tab.state.phase, isPolling(world)], ['online', true]);
});

test('a desk that was away is not polled for long: its sockets work', async () => {
  const { world, tab } = await opened();
  world.isReachable = false;
  tab.unplug();
  await world.pass(60_000);
  world.isReachable = true;

  await world.pass(45_000);

  assert.deepEqual([tab.state.phase, isPolling(world)], ['online', false]);
});

test('a desk that answers polls at once with nothing is not asked without end', async () => {
  const world = new World();
  world.sockets = 'refused';
  const { tab } = await opened(world);
  world.desk.answers.set('poll', Array(10_000).fill(frames([])));
  const before = world.desk.paths('poll').length;
  tab.happens('visible');
  await world.pass(60_000);

  const asked = world.desk.paths('poll').length - before;
  assert.ok(asked > 5 && asked < 40, `${asked} polls a minute`);
});

test('a desk too busy for a poll keeps the connection, a refused poll says hello again', async () => {
  const world = new World();
  world.sockets = 'refused';
  const { tab } = await opened(world);
  const hellos = world.desk.hellos().length;
  world.desk.answers.set('poll', [refused('too_many_sockets', 429), refused('not_saved', 503)]);
  world.desk.talk.says('assistant', 'hello');
  await world.pass(5000);
  assert.deepEqual([tab.texts, world.desk.hellos().length], [['hello'], hellos]);

  world.desk.answers.set('poll', [refused('conversation_not_found', 404)]);
  world.desk.talk.says('assistant', 'again');
  await world.pass(5000);

  assert.equal(tab.state.phase, 'online');
  assert.ok(world.desk.hellos().length > hellos);
});

test('a closed client is silent', async () => {
  const { world, tab } = await opened();
  tab.client.send('hello');
  tab.client.close();
  await world.pass(1000);
  const asked = world.desk.asked.length;

  tab.happens('online');
  await world.pass(DAY_MS);

  assert.deepEqual([world.desk.asked.length, world.desk.sockets.size], [asked, 0]);
  assert.equal(world.device.kept().pending?.length, 1);
});

test('attempts that cross leave one connection', async () => {
  const world = new World();
  const tab = world.tab();
  tab.client.open();
  tab.client.restart();
  await world.pass(7);
  tab.client.restart();
  await world.pass(2000);

  assert.deepEqual([tab.state.phase, world.desk.sockets.size], ['online', 1]);
});

test('on another network the next attempt is a socket', async () => {
  const world = new World();
  world.sockets = 'refused';
  const { tab } = await opened(world);
  tab.happens('offline');
  await world.pass(10);
  world.sockets = 'open';
  tab.happens('online');
  await world.pass(100);

  assert.deepEqual([tab.state.phase, isPolling(world)], ['online', false]);
});

test('a desk too busy for any poll is left alone, and said to be away', async () => {
  const world = new World();
  world.sockets = 'refused';
  const { tab } = await opened(world);
  world.desk.answers.set('poll', Array(10_000).fill(refused('too_many_sockets', 429)));
  const before = world.desk.paths('poll').length;
  world.desk.talk.says('assistant', 'hello');
  await world.pass(300_000);

  assert.ok(
    phases(tab).includes('offline') || phases(tab).filter((phase) => phase === 'connecting').length > 1,
  );
  const asked = world.desk.paths('poll').length - before;
  assert.ok(asked < 150, `${asked} polls in five minutes`);
});

test('a failure that comes too late disturbs nothing', async () => {
  const world = new World();
  let isSilent = true;
  const identity = () => (isSilent ? new Promise<null>(() => {}) : Promise.resolve(null));
  const tab = world.tab({ identity });
  tab.client.open();
  await world.pass(1000);
  isSilent = false;
  tab.client.identityChanged();
  await world.pass(1000);
  assert.equal(tab.state.phase, 'online');
  const hellos = world.desk.hellos().length;

  await world.pass(20_000);

  assert.equal(world.desk.hellos().length, hellos);
});

test('after a long absence the desk that was seen again is looked for soon, should it go once more', async () => {
  const { world, tab } = await opened();
  world.isReachable = false;
  tab.unplug();
  await world.pass(600_000);
  world.isReachable = true;
  await world.pass(40_000);
  assert.equal(tab.state.phase, 'online');
  world.isReachable = false;
  tab.unplug();
  await world.pass(600_000);
  world.isReachable = true;
  while (tab.state.phase !== 'online') await world.pass(100);

  tab.unplug();
  await world.pass(3000);

  assert.equal(tab.state.phase, 'online');
});

test('a hello over polling that is not answered by a welcome is said again', async () => {
  const world = new World();
  world.sockets = 'refused';
  world.desk.helloAnswers.push({ type: 'pong' });
  const tab = world.tab();
  tab.client.open();
  await world.pass(15_000);

  assert.equal(tab.state.phase, 'online');
});
