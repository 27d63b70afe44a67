// Who is there: one person's conversation is never shown to another in the same browser (TRUST WW-1, WW-6, WW-7).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClientOptions, IdentitySource } from '../../chat/client/types.ts';
import { type Tab, vouch, World } from './browser.ts';
import { refused } from './desk.ts';

const DAY_MS = 86_400_000;

/** A host page on which somebody is signed in, or nobody, or that does not answer. */
class Host {
  who: string | null | 'failing' | 'silent' = null;
  asked = 0;

  get source(): IdentitySource {
    return async () => {
      this.asked++;
      if (this.who === 'failing') throw new Error('500');
      if (this.who === 'silent') return new Promise(() => {});
      return this.who && vouch(this.who, this.asked);
    };
  }
}

async function opened(
  world: World,
  host: Host,
  options: Partial<ClientOptions> = {},
): Promise<{ tab: Tab; everShown: () => string[] }> {
  const tab = world.tab({ identity: host.source, ...options });
  tab.client.open();
  await world.pass(1000);
  return { tab, everShown: () => shownBy(tab) };
}

/** Everything a view was ever told to show. */
function shownBy(tab: Tab): string[] {
  return tab.states.flatMap(({ lines, pending, draft, person }) => [
    ...lines.map(({ text }) => text),
    ...pending.map(({ text }) => text),
    draft,
    person?.name ?? '',
  ]);
}

/** Ana was here: a line on file, one on its way, a draft. */
async function anaWasHere(world: World, host: Host): Promise<void> {
  host.who = 'ana';
  const { tab } = await opened(world, host);
  tab.client.send('secret on file');
  await world.pass(500);
  world.isReachable = false;
  tab.client.send('secret on its way');
  tab.client.keepDraft('secret draft');
  await world.pass(500);
  tab.kill();
  world.isReachable = true;
}

test('a session is kept and gone on with', async () => {
  const world = new World();
  const host = new Host();
  await anaWasHere(world, host);

  const tab = world.tab({ identity: host.source });
  assert.equal(tab.client.resume(), true);
  await world.pass(1000);

  assert.deepEqual(tab.texts, ['secret on file', 'secret on its way']);
  assert.equal(tab.state.draft, 'secret draft');
  assert.deepEqual(tab.state.person, { name: 'ana', email: null, verified: true });
  assert.equal(world.desk.paths('session').length, 1);
});

for (const next of ['bob', null]) {
  for (const way of ['open', 'resume'] as const) {
    test(`what ana kept is gone before anything is shown to ${next ?? 'nobody'} (${way})`, async () => {
      const world = new World();
      const host = new Host();
      await anaWasHere(world, host);
      host.who = next;

      const tab = world.tab({ identity: host.source });
      tab.client[way]();
      await world.pass(2000);

      assert.deepEqual(
        shownBy(tab).filter((text) => /secret|ana/.test(text)),
        [],
      );
      assert.doesNotMatch(JSON.stringify([...world.device.items.values()]), /secret|ana/);
      assert.equal(world.desk.paths('leave').length, 1, 'the session left behind is revoked');
      assert.equal(tab.state.phase, way === 'open' ? 'online' : 'idle');
      assert.equal(world.device.items.size, way === 'open' ? 1 : 0);
    });
  }
}

test('what was typed before there was a session is not shown to another either', async () => {
  const world = new World();
  const host = new Host();
  host.who = 'ana';
  world.isReachable = false;
  const { tab } = await opened(world, host);
  tab.client.send('secret');
  await world.pass(500);
  tab.kill();
  assert.match(JSON.stringify(world.device.kept()), /secret/);
  world.isReachable = true;
  host.who = 'bob';

  const next = await opened(world, host);

  assert.deepEqual(
    next.everShown().filter((text) => /secret/.test(text)),
    [],
  );
  assert.deepEqual([next.tab.state.phase, world.desk.talk.texts], ['online', []]);
});

test('what was typed before there was a session is sent when the same person is back', async () => {
  const world = new World();
  const host = new Host();
  host.who = 'ana';
  world.isReachable = false;
  const { tab } = await opened(world, host);
  tab.client.send('mine');
  await world.pass(500);
  tab.kill();
  world.isReachable = true;

  const next = await opened(world, host);

  assert.deepEqual(next.tab.texts, ['mine']);
});

test('the same subject of another issuer is another person', async () => {
  const world = new World();
  const host = new Host();
  await anaWasHere(world, host);

  const tab = world.tab({ identity: async () => vouch('ana', 9, 'another host') });
  tab.client.open();
  await world.pass(1000);

  assert.deepEqual(tab.texts, []);
});

test('a line typed while it is not known who is there goes to whoever it turns out to be', async () => {
  const world = new World();
  const host = new Host();
  await anaWasHere(world, host);
  host.who = 'bob';

  const tab = world.tab({ identity: host.source });
  tab.client.open();
  tab.client.send('from bob');
  await world.pass(1000);

  assert.deepEqual(tab.texts, ['from bob']);
  assert.equal(world.desk.talk.person, 'bob of host');
});

for (const who of ['failing', 'silent'] as const) {
  test(`when the host page is ${who}, an identified session is not shown, and it is asked again`, async () => {
    const world = new World();
    const host = new Host();
    await anaWasHere(world, host);
    host.who = who;
    const { tab, everShown } = await opened(world, host);
    await world.pass(14_000);
    assert.equal(tab.state.phase, 'offline');
    assert.deepEqual(
      everShown().filter((text) => /secret/.test(text)),
      [],
    );
    assert.match(JSON.stringify(world.device.kept()), /secret/);

    host.who = 'ana';
    await world.pass(60_000);

    assert.equal(tab.texts[0], 'secret on file');
  });

  test(`where identity is only offered, a host page that is ${who} does not keep people from help`, async () => {
    const world = new World();
    const host = new Host();
    host.who = who;

    const { tab } = await opened(world, host);
    await world.pass(12_000);

    assert.equal(tab.state.phase, 'online');
    assert.equal(tab.state.person?.verified, false);
  });
}

test('where identity is required nobody gets in without one, and nothing is asked of the desk', async () => {
  const world = new World();
  const host = new Host();

  const { tab } = await opened(world, host, { identityRequired: true });
  assert.deepEqual([tab.state.phase, tab.state.refusal], ['refused', 'identity_required']);
  await world.pass(DAY_MS);
  assert.equal(world.desk.asked.length, 0);

  host.who = 'ana';
  tab.client.identityChanged();
  await world.pass(1000);
  assert.equal(tab.state.phase, 'online');
});

test('what the host page gives is refused when it is no JWT; what is kept stays hidden and kept', async () => {
  const world = new World();
  const host = new Host();
  await anaWasHere(world, host);

  const tab = world.tab({ identity: async () => 'nonsense' });
  tab.client.open();
  await world.pass(1000);

  assert.deepEqual([tab.state.phase, tab.state.refusal], ['refused', 'identity_refused']);
  assert.deepEqual(tab.texts, []);
  assert.match(JSON.stringify(world.device.kept()), /secret/);
});

test('each JWT opens one session: a new session asks for another', async () => {
  const world = new World();
  const host = new Host();
  host.who = 'ana';
  const { tab } = await opened(world, host);
  tab.client.send('hello');
  await world.pass(100_000);
  world.desk.revokeAll();
  world.desk.cut();
  await world.pass(2000);

  assert.equal(tab.state.phase, 'online');
  assert.equal(world.desk.usedIdentities.size, 2);
  assert.equal(world.desk.paths('session').length, 2);
});

test('a refused token: one new session, and the same person goes on in the same conversation', async () => {
  const world = new World();
  const host = new Host();
  host.who = 'ana';
  const { tab } = await opened(world, host);
  tab.client.send('before');
  await world.pass(500);
  const { conversation } = tab.state;
  world.desk.revokeAll();
  tab.unplug();
  tab.client.send('after');
  await world.pass(2000);

  assert.equal(tab.state.conversation, conversation);
  assert.deepEqual(tab.texts, ['before', 'after']);
});

test('a token refused in the middle of a line: the line goes in the new session', async () => {
  const world = new World();
  const host = new Host();
  host.who = 'ana';
  const { tab } = await opened(world, host);
  world.desk.lineAnswers.push({ type: 'error', code: 'visitor_refused' });
  world.desk.revokeAll();
  tab.client.send('hello');
  await world.pass(2000);

  assert.deepEqual(tab.texts, ['hello']);
});

test('nobody in particular gets a new conversation with a new session, and the lines on their way go there', async () => {
  const world = new World();
  const { tab } = await opened(world, new Host());
  tab.client.send('before');
  await world.pass(500);
  world.desk.revokeAll();
  tab.unplug();
  tab.client.send('after');
  await world.pass(2000);

  assert.deepEqual(tab.texts, ['after']);
  assert.deepEqual(
    world.desk.talks.map(({ texts }) => texts),
    [['before'], ['after']],
  );
});

test('another person at the moment of a new session: everything of the one before is gone', async () => {
  const world = new World();
  const host = new Host();
  host.who = 'ana';
  const { tab } = await opened(world, host);
  tab.client.send('secret');
  await world.pass(100_000);
  host.who = 'bob';
  world.desk.revokeAll();
  tab.unplug();
  tab.client.send('secret on its way');
  await world.pass(3000);

  assert.deepEqual([tab.texts, tab.pendingTexts, tab.state.person?.name], [[], [], 'bob']);
  assert.deepEqual(world.desk.talk.texts, []);
});

test('a conversation that is out of reach is replaced by a new one', async () => {
  const world = new World();
  const { tab } = await opened(world, new Host());
  tab.client.send('before');
  await world.pass(500);
  world.desk.talks.length = 0;
  tab.unplug();
  tab.client.send('after');
  await world.pass(2000);

  assert.deepEqual([tab.texts, tab.state.phase], [['after'], 'online']);
});

test('a desk that refuses every session is not asked in a loop', async () => {
  const world = new World();
  const { tab } = await opened(world, new Host());
  world.desk.helloAnswers.push(...Array(1000).fill({ type: 'error', code: 'visitor_refused' }));
  tab.unplug();
  await world.pass(DAY_MS);

  assert.deepEqual([tab.state.phase, tab.state.refusal], ['refused', 'visitor_refused']);
  assert.equal(world.desk.paths('session').length, 3);
});

test('a desk that takes sessions and refuses their lines is not asked in a loop', async () => {
  const world = new World();
  const { tab } = await opened(world, new Host());
  world.desk.lineAnswers.push(...Array(1000).fill({ type: 'error', code: 'visitor_refused' }));
  tab.client.send('hello');
  await world.pass(600_000);

  assert.ok(world.desk.paths('session').length < 40, `${world.desk.paths('session').length} sessions`);
  assert.deepEqual(tab.pendingTexts, ['hello']);
});

test('a session that has expired is not gone on with', async () => {
  const world = new World();
  const { tab } = await opened(world, new Host());
  tab.kill();
  await world.pass(8 * DAY_MS);

  const next = world.tab();
  assert.equal(next.client.resume(), false);
  next.client.open();
  await world.pass(1000);

  assert.equal(next.state.phase, 'online');
  assert.equal(world.desk.paths('session').length, 2);
});

test('a session that ended is not worth another while nobody has opened the chat', async () => {
  const world = new World();
  const { tab } = await opened(world, new Host());
  tab.kill();
  world.desk.revokeAll();

  const next = world.tab();
  assert.equal(next.client.resume(), true);
  await world.pass(5000);
  assert.deepEqual([next.state.phase, world.desk.paths('session').length], ['idle', 1]);

  next.client.open();
  await world.pass(1000);
  assert.equal(next.state.phase, 'online');
});

test('signing in or out on the host page hides everything until it is known who is there', async () => {
  const world = new World();
  const host = new Host();
  host.who = 'ana';
  const { tab } = await opened(world, host);
  tab.client.send('secret');
  await world.pass(500);

  host.who = 'bob';
  tab.client.identityChanged();
  assert.deepEqual([tab.texts, tab.state.person], [[], null]);
  await world.pass(1000);
  assert.deepEqual([tab.texts, tab.state.person?.name], [[], 'bob']);

  host.who = 'ana';
  tab.client.identityChanged();
  await world.pass(1000);
  assert.deepEqual(tab.texts, ['secret'], 'the desk knows her conversation');
});

test('the same person after a change is shown the same again', async () => {
  const world = new World();
  const host = new Host();
  host.who = 'ana';
  const { tab } = await opened(world, host);
  tab.client.send('mine');
  tab.client.keepDraft('draft');
  await world.pass(500);

  tab.client.identityChanged();
  await world.pass(1000);

  assert.deepEqual([tab.texts, tab.state.draft, world.desk.paths('session').length], [['mine'], 'draft', 1]);
});

test('leaving revokes the session and leaves nothing on the device', async () => {
  const world = new World();
  const { tab } = await opened(world, new Host());
  tab.client.send('hello');
  tab.client.keepDraft('draft');
  await world.pass(10);

  const left = tab.client.leave();
  assert.deepEqual([tab.state.phase, tab.texts, tab.pendingTexts, tab.state.draft], ['idle', [], [], '']);
  await world.pass(60_000);
  await left;
  assert.deepEqual([...world.desk.sessions.values()], [{ person: 'anonymous-t1', isValid: false }]);
  assert.equal(world.device.items.size, 0);

  tab.client.open();
  await world.pass(1000);
  assert.deepEqual([tab.state.phase, tab.texts], ['online', []]);
});

test('leaving a desk that is away still forgets', async () => {
  const world = new World();
  const { tab } = await opened(world, new Host());
  world.isReachable = false;

  const left = tab.client.leave();
  await world.pass(20_000);
  await left;

  assert.equal(world.device.items.size, 0);
});

test('an identity that is refused is not offered again and again', async () => {
  const world = new World();
  const host = new Host();
  host.who = 'ana';
  world.desk.answers.set('session', Array(100).fill(refused('identity_refused', 401)));

  const { tab } = await opened(world, host);
  await world.pass(DAY_MS);

  assert.deepEqual([tab.state.phase, tab.state.refusal], ['refused', 'identity_refused']);
  assert.equal(world.desk.paths('session').length, 1);
});

test('a session that ends again and again over the days is replaced at once every time', async () => {
  const world = new World();
  const host = new Host();
  host.who = 'ana';
  const { tab } = await opened(world, host);
  for (let day = 0; day < 6; day++) {
    await world.pass(DAY_MS);
    world.desk.revokeAll();
    tab.unplug();
    await world.pass(1000);
    assert.equal(tab.state.phase, 'online', `day ${day}`);
  }
});

test('a session nobody wants any more when it comes is given back', async () => {
  const world = new World();
  const host = new Host();
  host.who = 'ana';
  const tab = world.tab({ identity: host.source });
  tab.client.open();
  await world.pass(7);
  assert.equal(world.desk.sessions.size, 1);
  host.who = 'bob';
  tab.client.identityChanged();
  await world.pass(2000);

  assert.deepEqual(
    [...world.desk.sessions.values()].map(({ person, isValid }) => [person, isValid]),
    [
      ['ana of host', false],
      ['bob of host', true],
    ],
  );
});

test('what ana asked is not asked on behalf of bob, who has signed in meanwhile', async () => {
  const world = new World();
  const host = new Host();
  host.who = 'ana';
  const { tab } = await opened(world, host);
  world.desk.answers.set('ticket/reply', [refused('visitor_refused', 401)]);
  world.latency = () => 500;
  const fate = assert.rejects(tab.client.replyTicket('INC-000001', 'r1', 'secret'), { code: 'nobody' });
  await world.pass(1);
  world.latency = () => 5;
  host.who = 'bob';
  tab.client.identityChanged();
  await world.pass(2000);

  await fate;
  assert.deepEqual([tab.state.person?.name, world.desk.paths('ticket/reply').length], ['bob', 1]);
});

test('what ana asked is not asked on behalf of bob, who is there when her session is replaced', async () => {
  const world = new World();
  const host = new Host();
  host.who = 'ana';
  const { tab } = await opened(world, host);
  await world.pass(100_000);
  host.who = 'bob';
  world.desk.revokeAll();
  const fate = assert.rejects(tab.client.replyTicket('INC-000001', 'r1', 'secret'), { code: 'nobody' });
  await world.pass(3000);

  await fate;
  assert.deepEqual([tab.state.person?.name, world.desk.paths('ticket/reply').length], ['bob', 1]);
});

test('what ana asks while her session is being replaced is not asked on behalf of bob', async () => {
  const world = new World();
  const answers: ((jwt: string) => void)[] = [];
  const identity: IdentitySource = () => new Promise((answer) => answers.push(answer));
  const tab = world.tab({ identity });
  tab.client.open();
  await world.pass(10);
  answers[0]?.(vouch('ana', 1));
  await world.pass(100_000);
  world.desk.revokeAll();
  tab.unplug();
  await world.pass(2000);
  assert.equal(answers.length, 2, 'it is asked who is there');

  const fate = assert.rejects(tab.client.replyTicket('INC-000001', 'r1', 'secret'), { code: 'nobody' });
  answers[1]?.(vouch('bob', 2));
  await world.pass(3000);

  await fate;
  assert.deepEqual([tab.state.person?.name, world.desk.paths('ticket/reply')], ['bob', []]);
});

test('what is asked before it is known who is there is asked for whoever it turns out to be', async () => {
  const world = new World();
  const host = new Host();
  await anaWasHere(world, host);
  host.who = 'bob';
  const tab = world.tab({ identity: host.source });
  tab.client.open();
  world.desk.answers.set('tickets', [{ status: 200, body: { tickets: [] } }]);
  const asked = tab.client.tickets();
  await world.pass(2000);

  assert.deepEqual(await asked, []);
});

test('a line typed before it was known who is there is kept as soon as it is', async () => {
  const world = new World();
  const host = new Host();
  host.who = 'ana';
  world.latency = () => 1000;
  const tab = world.tab({ identity: host.source });
  tab.client.open();
  tab.client.send('hello');
  await world.pass(50);

  assert.deepEqual(
    world.device.kept().pending?.map(({ text }) => text),
    ['hello'],
  );
});

test('a new conversation wished for before it was known who is there is a new one', async () => {
  const world = new World();
  const host = new Host();
  await anaWasHere(world, host);

  const tab = world.tab({ identity: host.source });
  tab.client.open();
  tab.client.restart();
  await world.pass(2000);

  assert.equal(world.desk.talks.length, 2);
  assert.deepEqual(tab.texts, ['secret on its way']);
});

test('who has left is asked nothing on their behalf', async () => {
  const world = new World();
  const { tab } = await opened(world, new Host());
  void tab.client.leave();
  await world.pass(1000);
  const asked = world.desk.asked.length;

  await assert.rejects(tab.client.tickets(), { code: 'nobody' });

  assert.equal(world.desk.asked.length, asked);
});

test('a source that throws has failed like one that rejects', async () => {
  const world = new World();
  const tab = world.tab({
    identity: () => {
      throw new Error('no such function');
    },
  });
  tab.client.open();
  await world.pass(2000);

  assert.equal(tab.state.phase, 'online');
});
