// What a person writes, and what the desk says (TRUST WW-11 to WW-14).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Tab, World } from './browser.ts';
import { error } from './desk.ts';

async function opened(sockets: World['sockets'] = 'open'): Promise<{ world: World; tab: Tab }> {
  const world = new World();
  world.sockets = sockets;
  const tab = world.tab();
  tab.client.open();
  await world.pass(5000);
  assert.equal(tab.state.phase, 'online');
  return { world, tab };
}

function states(tab: Tab): string[] {
  return tab.state.pending.map(({ text, state, why }) => `${text}: ${state}${why ? ` (${why})` : ''}`);
}

for (const sockets of ['open', 'refused'] as const) {
  test(`a line is shown from the moment it is typed and once when it is on file (sockets ${sockets})`, async () => {
    const { world, tab } = await opened(sockets);

    tab.client.send('hello');
    assert.deepEqual(states(tab), ['hello: sending']);
    await world.pass(200);

    assert.deepEqual([tab.texts, tab.pendingTexts], [['hello'], []]);
    for (const { lines, pending } of tab.states) assert.ok(lines.length + pending.length <= 1);
  });

  test(`a line whose acknowledgement is lost is recorded once (sockets ${sockets})`, async () => {
    const { world, tab } = await opened(sockets);
    world.desk.lineAnswers.push('cut', 'cut', 'cut');

    tab.client.send('hello');
    await world.pass(30_000);

    assert.deepEqual(world.desk.talk.texts, ['hello']);
    assert.deepEqual([tab.texts, tab.pendingTexts], [['hello'], []]);
  });

  test(`slow_down is obeyed and the text is not lost (sockets ${sockets})`, async () => {
    const { world, tab } = await opened(sockets);
    world.desk.lineAnswers.push({ type: 'slow_down', wait_ms: 2000 });

    tab.client.send('first');
    tab.client.send('second');
    await world.pass(1500);
    assert.deepEqual(states(tab), ['first: sending', 'second: sending']);
    assert.ok(tab.state.waitMs > 0);

    await world.pass(1000);
    assert.deepEqual(world.desk.talk.texts, ['first', 'second']);
    assert.equal(tab.state.waitMs, 0);
  });
}

test('lines typed before there is a connection are sent in their order when there is one', async () => {
  const world = new World();
  world.isReachable = false;
  const tab = world.tab();
  tab.client.open();
  for (const text of ['one', 'two', 'three']) tab.client.send(text);
  await world.pass(20_000);
  assert.deepEqual(tab.pendingTexts, ['one', 'two', 'three']);
  assert.equal(tab.state.phase, 'offline');

  world.isReachable = true;
  await world.pass(40_000);

  assert.deepEqual(world.desk.talk.texts, ['one', 'two', 'three']);
});

test('a reload in the middle of sending loses nothing', async () => {
  const { world, tab } = await opened();
  world.desk.lineAnswers.push('cut');
  tab.client.send('recorded');
  tab.client.send('not even sent');
  await world.pass(8);
  tab.kill();

  const next = world.tab();
  assert.equal(next.client.resume(), true);
  await world.pass(1000);

  assert.deepEqual(next.texts, ['recorded', 'not even sent']);
  assert.deepEqual(next.pendingTexts, []);
  assert.deepEqual(world.device.kept().pending, []);
});

test('after a reload the lines on their way are shown before the desk answers', async () => {
  const { world, tab } = await opened();
  world.isReachable = false;
  tab.client.send('hello');
  await world.pass(10);
  tab.kill();

  const next = world.tab();
  next.client.resume();
  await world.pass(10);

  assert.deepEqual(next.pendingTexts, ['hello']);
});

test('a refused line says why, stays, and goes again under the same id', async () => {
  const { world, tab } = await opened();
  world.desk.lineAnswers.push(error('message_empty'));
  tab.client.send('…');
  await world.pass(100);
  assert.deepEqual(states(tab), ['…: failed (message_empty)']);
  const [line] = tab.state.pending;

  tab.client.retry(line?.clientId ?? '');
  await world.pass(100);

  assert.deepEqual(tab.texts, ['…']);
  const sent = world.desk.heard.filter(({ type }) => type === 'send').map((frame) => frame['client_id']);
  assert.deepEqual(sent, [line?.clientId, line?.clientId]);
});

test('a refused line survives a reload and can be discarded for good', async () => {
  const { world, tab } = await opened();
  world.desk.lineAnswers.push(error('internal_rule'));
  tab.client.send('hello');
  await world.pass(100);
  tab.kill();

  const next = world.tab();
  next.client.resume();
  await world.pass(1000);
  assert.deepEqual(states(next), ['hello: failed (internal_rule)']);
  next.client.discard(next.state.pending[0]?.clientId ?? '');

  assert.deepEqual([next.pendingTexts, world.device.kept().pending], [[], []]);
});

test('a line that is too long is not sent at all: the desk could not answer it', async () => {
  const { world, tab } = await opened();

  tab.client.send('é'.repeat(200));
  tab.client.send('🙂'.repeat(201));
  tab.client.send('short');
  await world.pass(200);

  assert.equal(tab.state.characters, 200);
  assert.deepEqual(
    tab.state.pending.map(({ why }) => why),
    ['message_too_long'],
  );
  assert.equal(world.desk.talk.messages.length, 2);
});

test('a desk that does not understand a line says so without its id; the line fails and is not sent for ever', async () => {
  const { world, tab } = await opened();
  world.desk.lineAnswers.push({ ...error('bad_frame'), client_id: undefined });

  tab.client.send('hello', { id: 'p', name: 'a.png', width: 1, height: 1, bytes: 1 });
  await world.pass(60_000);

  assert.deepEqual(states(tab), ['hello: failed (bad_frame)']);
});

test('a line that is not answered makes the connection suspect: it goes again on the next', async () => {
  const { world, tab } = await opened();
  world.desk.isDeaf = true;
  tab.client.send('hello');
  await world.pass(9000);
  world.desk.isDeaf = false;
  await world.pass(3000);

  assert.deepEqual([tab.texts, tab.pendingTexts], [['hello'], []]);
});

test('nothing is sent that says nothing', async () => {
  const { world, tab } = await opened();

  tab.client.send(' \n ');
  await world.pass(100);

  assert.deepEqual([tab.pendingTexts, world.desk.talk.texts], [[], []]);
});

test('a pressed button sends its id and shows its title', async () => {
  const { world, tab } = await opened();
  world.desk.talk.offers('Well?', 'yes', 'no');
  await world.pass(100);

  tab.client.press({ id: 'yes', title: 'Yes, please' });
  assert.deepEqual(tab.pendingTexts, ['Yes, please']);
  await world.pass(100);
  tab.client.press({ id: 'yes', title: 'Yes, please' });
  await world.pass(100);

  assert.deepEqual(states(tab), ['Yes, please: failed (button_refused)']);
});

test('a picture goes with its text, or alone', async () => {
  const { world, tab } = await opened();
  const picture = { id: 'p1', name: 'a.png', width: 1, height: 1, bytes: 1 };

  tab.client.send('look', picture);
  tab.client.send('', picture);
  assert.deepEqual(tab.state.pending[0]?.file, picture);
  await world.pass(200);

  const sent = world.desk.heard.filter(({ type }) => type === 'send');
  assert.deepEqual(
    sent.map(({ text, file }) => [text, file]),
    [
      ['look', 'p1'],
      [undefined, 'p1'],
    ],
  );
  assert.equal(tab.state.lines[1]?.file?.id, 'p1');
});

test('frames that come twice and in disorder change nothing', async () => {
  const { world, tab } = await opened();
  world.desk.mangle = (frames) => [...frames, ...frames].reverse();

  for (const text of ['a', 'b', 'c']) world.desk.talk.says('assistant', text);
  tab.client.send('d');
  await world.pass(500);

  assert.deepEqual(tab.texts, ['a', 'b', 'c', 'd']);
});

test('a hole is asked for at once', async () => {
  const { world, tab } = await opened();
  world.desk.mangle = () => [];
  world.desk.talk.says('assistant', 'lost');
  world.desk.mangle = (frames) => frames;
  world.desk.talk.says('assistant', 'next');
  await world.pass(30);

  assert.deepEqual(tab.texts, ['lost', 'next']);
  assert.deepEqual(
    world.desk.heard.filter(({ type }) => type === 'since'),
    [{ type: 'since', seq: 0 }],
  );
});

test('lines that the status speaks of get a moment, then they are asked for, less and less often', async () => {
  const { world, tab } = await opened();
  world.desk.mangle = (frames) => frames.filter(({ type }) => type !== 'message');
  world.desk.talk.says('assistant', 'lost');
  await world.pass(900);
  const asked = () => world.desk.heard.filter(({ type }) => type === 'since').length;
  assert.equal(asked(), 0);
  await world.pass(60_000);
  assert.ok(asked() > 2 && asked() < 9, `${asked()} times`);

  world.desk.mangle = (frames) => frames;
  await world.pass(40_000);

  assert.deepEqual(tab.texts, ['lost']);
});

for (const sockets of ['open', 'refused'] as const) {
  test(`another ledger: one reload, and lines on their way stay (sockets ${sockets})`, async () => {
    const { world, tab } = await opened(sockets);
    world.desk.talk.says('assistant', 'before');
    await world.pass(500);
    world.desk.epoch = 'e2';
    world.desk.talk.messages.length = 0;
    world.desk.talk.says('assistant', 'after');
    const hellos = world.desk.hellos().length;
    world.isReachable = false;
    tab.unplug();
    tab.client.send('mine');
    await world.pass(2000);
    world.isReachable = true;
    await world.pass(60_000);

    assert.deepEqual(tab.texts, ['after', 'mine']);
    assert.ok(world.desk.hellos().length - hellos <= 3);
  });
}

test('a ledger that lost lines the desk had acknowledged gets them again', async () => {
  const { world, tab } = await opened();
  world.desk.mangle = (frames) => frames.filter(({ type }) => type !== 'message');
  tab.client.send('hello');
  await world.pass(100);
  assert.deepEqual(tab.pendingTexts, ['hello']);

  world.desk.mangle = (frames) => frames;
  world.desk.epoch = 'e2';
  world.desk.talk.messages.length = 0;
  world.desk.talk.acks.clear();
  world.desk.cut();
  await world.pass(2000);

  assert.deepEqual(world.desk.talk.texts, ['hello']);
  assert.deepEqual([tab.texts, tab.pendingTexts], [['hello'], []]);
});

test('typing of others is shown until it is over, their line comes or the speaker changes', async () => {
  const { world, tab } = await opened();
  const typing = () => {
    for (const socket of world.desk.sockets) socket.say([{ type: 'typing', author: 'agent', seconds: 6 }]);
    return world.pass(10);
  };

  await typing();
  assert.deepEqual(tab.state.typing?.author, 'agent');
  await world.pass(6000);
  assert.equal(tab.states.at(-1)?.typing, null);

  await typing();
  world.desk.talk.says('agent', 'hello');
  await world.pass(10);
  assert.equal(tab.state.typing, null);

  await typing();
  world.desk.talk.become({ speaker: 'agent' });
  await world.pass(10);
  assert.equal(tab.state.typing, null);
});

test('the desk hears of typing every 3 s at most, and only while connected', async () => {
  const { world, tab } = await opened();
  const heard = () => world.desk.heard.filter(({ type }) => type === 'typing').length;
  for (let key = 0; key < 70; key++) {
    tab.client.typing();
    await world.pass(100);
  }
  assert.equal(heard(), 3);

  world.isReachable = false;
  tab.unplug();
  await world.pass(3000);
  tab.client.typing();
  assert.equal(heard(), 3);
});

for (const sockets of ['open', 'refused'] as const) {
  test(`the place in the queue is shown while waiting (sockets ${sockets})`, async () => {
    const { world, tab } = await opened(sockets);
    world.desk.talk.become({ speaker: 'waiting' });
    await world.pass(50);
    world.desk.talk.queue(2);
    await world.pass(50);
    assert.deepEqual([tab.state.speaker, tab.state.position], ['waiting', 2]);
    world.desk.talk.queue(1);
    await world.pass(50);
    assert.equal(tab.state.position, 1);

    world.desk.talk.become({ speaker: 'agent', agent: 'Ana' });
    await world.pass(50);

    assert.deepEqual([tab.state.position, tab.state.agent], [null, 'Ana']);
  });

  test(`a chosen language is told to the desk, also after a wait or a cut (sockets ${sockets})`, async () => {
    const { world, tab } = await opened(sockets);
    world.isReachable = false;
    tab.unplug();
    tab.client.setLanguage('fr');
    assert.equal(tab.state.language, 'fr');
    world.isReachable = true;
    await world.pass(20_000);

    assert.equal(world.desk.talk.language, 'fr');
    assert.equal(world.device.kept().language, 'fr');
  });
}

test('unread counts what others said since it was last seen, also after a reload', async () => {
  const { world, tab } = await opened();
  world.desk.talk.says('assistant', 'one');
  tab.client.send('mine');
  await world.pass(100);
  assert.equal(tab.state.unread, 1);
  tab.client.markSeen();
  assert.deepEqual([tab.state.unread, tab.state.seen], [0, 2]);
  world.desk.talk.says('agent', 'two');
  tab.kill();

  const next = world.tab();
  next.client.resume();
  await world.pass(500);

  assert.deepEqual([next.state.unread, next.state.seen], [1, 2]);
});

test('a draft is kept soon after it is typed, and at once when the page goes', async () => {
  const { world, tab } = await opened();
  tab.client.keepDraft('my prin');
  tab.client.keepDraft('my printer');
  assert.equal(tab.state.draft, 'my printer');
  await world.pass(500);
  assert.equal(world.device.kept().draft, 'my printer');
  tab.client.keepDraft('my printer is');
  tab.happens('hidden');
  await world.pass(2);
  tab.kill();

  const next = world.tab();
  next.client.resume();
  await world.pass(100);

  assert.equal(next.state.draft, 'my printer is');
});

test('a sent draft is no draft any more; a quick reply leaves it alone', async () => {
  const { world, tab } = await opened();
  tab.client.keepDraft('my printer');
  tab.client.send('I forgot my password');
  assert.equal(tab.state.draft, 'my printer');

  tab.client.send('my printer');
  await world.pass(500);

  assert.deepEqual([tab.state.draft, world.device.kept().draft], ['', '']);
});

test('a new conversation leaves the lines, and takes along what was not sent yet', async () => {
  const { world, tab } = await opened();
  tab.client.send('old');
  await world.pass(100);
  tab.client.send('on its way');
  tab.client.send('not sent yet');
  tab.client.press({ id: 'b', title: 'pressed' });

  tab.client.restart();
  await world.pass(500);

  assert.deepEqual(
    world.desk.talks.map(({ texts }) => texts),
    [['old', 'on its way'], ['not sent yet']],
  );
  assert.deepEqual([tab.texts, tab.pendingTexts], [['not sent yet'], []]);
  assert.equal(tab.state.conversation, world.desk.talk.id);
});

test('a new conversation knows no picture of the one before: words go without it, alone it is said to be gone', async () => {
  const { world, tab } = await opened();
  const picture = { id: 'p1', name: 'a.png', width: 1, height: 1, bytes: 1 };
  world.isReachable = false;
  tab.unplug();
  tab.client.send('look', picture);
  tab.client.send('', picture);

  tab.client.restart();
  world.isReachable = true;
  await world.pass(10_000);

  assert.deepEqual(world.desk.talk.texts, ['look']);
  assert.equal(tab.state.lines[0]?.file, null);
  assert.deepEqual(states(tab), [': failed (picture_not_found)']);
  const kept = world.device.kept().pending ?? [];
  assert.deepEqual(
    kept.map(({ state, why }) => [state, why]),
    [['failed', 'picture_not_found']],
  );
});

test('a new conversation asked for without a connection begins when there is one', async () => {
  const { world, tab } = await opened();
  tab.client.send('old');
  await world.pass(100);
  world.isReachable = false;
  tab.unplug();
  await world.pass(100);
  tab.client.send('new');

  tab.client.restart();
  assert.deepEqual([tab.texts, tab.pendingTexts, tab.state.conversation], [[], ['new'], null]);
  world.isReachable = true;
  await world.pass(10_000);

  assert.deepEqual(
    world.desk.talks.map(({ texts }) => texts),
    [['old'], ['new']],
  );
});

test('a new conversation that is put off is still the one that is asked for', async () => {
  const { world, tab } = await opened();
  world.desk.helloAnswers.push(error('too_many_sockets'));

  tab.client.restart();
  await world.pass(200);
  assert.deepEqual([tab.state.phase, tab.state.refusal], ['offline', 'too_many_sockets']);
  await world.pass(10_000);

  assert.deepEqual([world.desk.talks.length, tab.state.phase, tab.state.refusal], [2, 'online', null]);
});

test('a device that cannot keep anything still has a conversation', async () => {
  const world = new World();
  world.device.isForbidden = true;
  const tab = world.tab();
  assert.equal(tab.client.resume(), false);

  await tab.opened();
  tab.client.send('hello');
  await world.pass(100);
  world.desk.cut();
  world.desk.talk.says('assistant', 'yes?');
  await world.pass(2000);

  assert.deepEqual(tab.texts, ['hello', 'yes?']);
});

test('listeners hear once of what changes together', async () => {
  const { world, tab } = await opened();
  const before = tab.states.length;

  tab.client.keepDraft('a');
  tab.client.send('b');
  tab.client.setLanguage('en');
  await Promise.resolve();

  assert.equal(tab.states.length, before + 1);
  await world.pass(0);
});

test('an acknowledgement tells of a line: it is asked for when it does not come', async () => {
  const { world, tab } = await opened();
  world.desk.mangle = () => [];
  tab.client.send('hello');
  await world.pass(100);
  assert.deepEqual(world.device.kept().pending, [], 'acknowledged is kept by the desk');
  assert.deepEqual(tab.pendingTexts, ['hello']);

  world.desk.mangle = (frames) => frames;
  await world.pass(2000);

  assert.deepEqual([tab.texts, tab.pendingTexts], [['hello'], []]);
});

test('what was seen of a longer ledger is not seen of a shorter one', async () => {
  const { world, tab } = await opened();
  for (const text of ['a', 'b', 'c']) world.desk.talk.says('assistant', text);
  await world.pass(50);
  tab.client.markSeen();
  world.desk.epoch = 'e2';
  world.desk.talk.messages.length = 1;
  world.desk.cut();
  await world.pass(2000);
  assert.equal(tab.state.unread, 0);

  world.desk.talk.says('assistant', 'new');
  await world.pass(50);

  assert.equal(tab.state.unread, 1);
});

test('a language is chosen even when it is the one spoken: it is to stay', async () => {
  const { world, tab } = await opened();
  const told = () => world.desk.heard.filter(({ type }) => type === 'language').length;
  world.isReachable = false;
  tab.unplug();
  await world.pass(100);
  tab.client.setLanguage('en');
  world.isReachable = true;
  await world.pass(20_000);

  assert.equal(told(), 1);
  tab.unplug();
  await world.pass(20_000);
  assert.equal(told(), 1, 'and not told again and again');
});

test('a first conversation is in the language of its page, unless another was chosen', async () => {
  for (const [chosen, begun] of [
    [null, 'fr'],
    ['en', 'en'],
  ] as const) {
    const world = new World();
    const tab = world.tab({ language: 'en' });
    if (chosen) tab.client.setLanguage(chosen);
    tab.client.suggestLanguage('fr');
    assert.equal(tab.state.language, begun);
    await tab.opened();
    assert.deepEqual(
      [...world.desk.paths('session'), ...world.desk.hellos()].map(({ language }) => language),
      [begun, begun],
    );
    const spoken = tab.state.language;
    tab.client.suggestLanguage(spoken === 'en' ? 'fr' : 'en');
    assert.equal(tab.state.language, spoken, 'and stays in it');
  }
});

test('a choice of language that is put off is made after the wait', async () => {
  const { world, tab } = await opened();
  tab.client.setLanguage('fr');
  for (const socket of world.desk.sockets) socket.say([{ type: 'slow_down', client_id: '', wait_ms: 1000 }]);
  await world.pass(500);
  const told = () => world.desk.heard.filter(({ type }) => type === 'language').length;
  const before = told();
  await world.pass(1000);

  assert.ok(before <= 1 && told() >= before);
  assert.equal(world.desk.talk.language, 'fr');
});

test('a new conversation goes on in the language of the one before', async () => {
  const { world, tab } = await opened();
  world.desk.talk.become({ language: 'fr' });
  await world.pass(50);

  tab.client.restart();
  await world.pass(500);

  assert.equal(world.desk.hellos().at(-1)?.['language'], 'fr');
});
