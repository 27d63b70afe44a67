// Whatever happens to tabs, network and desk: in the end every line is there once, in the ledger's order.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClientOptions } from '../../chat/client/types.ts';
import { type Tab, vouch, World } from './browser.ts';
import type { Frame } from './talk.ts';

const STEPS = 120;
const SEEDS = Number(process.env['HISTORIES'] ?? 40);
const LONG_MS = 180_000;

interface History {
  world: World;
  tabs: Tab[];
  typed: { text: string; tab: Tab }[];
  said: number;
  reopen: () => Tab;
}

type Event = (history: History, pick: () => number) => void | Promise<void>;

const EVENTS: Record<string, Event> = {
  aPersonTypes({ typed, ...history }, pick) {
    const text = `typed ${typed.length}`;
    const tab = aTab(history, pick);
    tab.client.send(text);
    typed.push({ text, tab });
  },
  theDeskSays(history) {
    history.world.desk.talk.says('assistant', `said ${history.said++}`);
  },
  somethingIsWaitedFor: ({ world }, pick) => world.pass(pick() * 3000),
  muchTimePasses: ({ world }, pick) => world.pass(pick() * 90_000),
  theConnectionsBreak: (history, pick) => aTab(history, pick).unplug(),
  theDeskCutsAll: ({ world }) => world.desk.cut(),
  theDeskRestarts: ({ world }) => world.desk.restart(1000),
  aLineIsRecordedButNotAnswered: ({ world }) => void world.desk.lineAnswers.push('cut'),
  theDeskIsSlow: ({ world }) => void world.desk.lineAnswers.push({ type: 'slow_down', wait_ms: 800 }),
  theDatabaseIsAway: ({ world }) =>
    void world.desk.lineAnswers.push({ type: 'error', code: 'not_saved', retry: true }),
  thePageIsReloaded(history, pick) {
    const place = Math.floor(pick() * history.tabs.length);
    history.tabs[place]?.kill();
    history.tabs[place] = history.reopen();
  },
  theNetworkGoes(history, pick) {
    const tab = aTab(history, pick);
    tab.isOnline = false;
    tab.unplug();
    if (pick() < 0.5) tab.happens('offline');
  },
  theNetworkComes(history, pick) {
    const tab = aTab(history, pick);
    tab.isOnline = true;
    if (pick() < 0.5) tab.happens('online');
  },
  socketsAreCutOff: ({ world }, pick) => {
    world.sockets = pick() < 0.5 ? 'refused' : 'silent';
  },
  socketsWorkAgain: ({ world }) => {
    world.sockets = 'open';
  },
  framesComeTwiceAndInDisorder: ({ world }, pick) => {
    world.desk.mangle = (frames) => shuffled([...frames, ...frames.filter(() => pick() < 0.3)], pick);
  },
  messagesAreLost: ({ world }, pick) => {
    world.desk.mangle = (frames) => frames.filter(({ type }) => type !== 'message' || pick() < 0.6);
  },
  framesComeAsTheyShould: ({ world }) => {
    world.desk.mangle = (frames) => frames;
  },
  theMachineSleeps: ({ world }, pick) => world.time.sleep(pick() * 3_600_000),
  theSessionIsRevoked: ({ world }) => world.desk.revokeAll(),
  theLedgerIsAnotherOne: ({ world }) => {
    world.desk.epoch += '+';
  },
};

interface Setting {
  sockets: World['sockets'];
  /** Somebody the host page vouches for keeps the conversation whatever becomes of the session. */
  isIdentified: boolean;
}

const ELSEWHERE: Record<string, (setting: Setting) => boolean> = {
  socketsWorkAgain: ({ sockets }) => sockets !== 'open',
  theSessionIsRevoked: ({ isIdentified }) => !isIdentified,
};

async function play(seed: number, setting: Setting): Promise<void> {
  const { sockets, isIdentified } = setting;
  const world = new World(seed);
  let serial = 0;
  const options = { identity: isIdentified ? async () => vouch('ana', serial++) : null };
  const pick = world.random;
  world.latency = () => 2 + pick() * 200;
  world.sockets = sockets;
  world.device.tellsTheWriter = seed % 2 === 0;
  if (seed % 3 === 0) world.device.lag = () => Math.round(pick() * 40);
  const first = world.tab(options);
  first.client.open();
  await world.pass(30_000);
  const reopen = () => resumed(world, options);
  const history = { world, tabs: [first, reopen()], typed: [], said: 0, reopen };
  const names = Object.keys(EVENTS).filter((name) => !ELSEWHERE[name]?.(setting));
  for (let step = 0; step < STEPS; step++) {
    const event = EVENTS[names[Math.floor(pick() * names.length)] ?? ''];
    await event?.(history, pick);
    for (const tab of history.tabs) neverShowsALineTwice(tab);
    await world.pass(pick() * 300);
  }
  const retried = await heal(history);
  agree(history);
  keepsTheOrder(history, retried);
}

/** Everything works again; gives the lines that the person had to send once more. */
async function heal({ world, tabs }: History): Promise<string[]> {
  world.desk.mangle = (frames) => frames;
  world.desk.lineAnswers.length = 0;
  for (const tab of tabs) {
    tab.isOnline = true;
    tab.happens('online');
  }
  await world.pass(LONG_MS);
  const failed = tabs.flatMap(({ state }) => state.pending).filter(({ state }) => state === 'failed');
  for (const { clientId } of failed) tabs[0]?.client.retry(clientId);
  await world.pass(LONG_MS);
  return failed.map(({ text }) => text);
}

function agree({ world, tabs, typed }: History): void {
  const { talk, talks } = world.desk;
  assert.equal(talks.length, 1);
  for (const tab of tabs) {
    assert.deepEqual(tab.texts, talk.texts, 'the lines shown are those on file');
    assert.deepEqual(tab.pendingTexts, [], 'nothing is left to send');
    assert.equal(tab.state.phase, 'online');
  }
  const onFile = talk.texts.filter((text) => String(text).startsWith('typed')).toSorted();
  assert.deepEqual(onFile, typed.map(({ text }) => text).toSorted(), 'every line typed is on file once');
  assert.deepEqual(world.device.kept().pending, []);
}

function keepsTheOrder({ world, typed }: History, retried: string[]): void {
  for (const tab of new Set(typed.map((line) => line.tab))) {
    const own = typed.filter((line) => line.tab === tab && !retried.includes(line.text));
    const places = own.map(({ text }) => world.desk.talk.texts.indexOf(text));
    assert.deepEqual(
      places,
      places.toSorted((one, other) => one - other),
      'the lines of a tab keep their order',
    );
  }
}

function neverShowsALineTwice(tab: Tab): void {
  const shown = [...tab.texts, ...tab.pendingTexts];
  assert.equal(new Set(shown).size, shown.length, `shown twice: ${shown}`);
  assert.deepEqual(
    tab.state.lines.map(({ seq }) => seq),
    tab.state.lines.map((_, place) => place + 1),
  );
}

function aTab({ tabs }: Pick<History, 'tabs'>, pick: () => number): Tab {
  const tab = tabs[Math.floor(pick() * tabs.length)];
  assert.ok(tab);
  return tab;
}

function resumed(world: World, options: Partial<ClientOptions>): Tab {
  const tab = world.tab(options);
  assert.equal(tab.client.resume(), true);
  return tab;
}

function shuffled(frames: Frame[], pick: () => number): Frame[] {
  return frames
    .map((frame) => ({ frame, place: pick() }))
    .toSorted((one, other) => one.place - other.place)
    .map(({ frame }) => frame);
}

for (const sockets of ['open', 'refused'] as const) {
  for (const isIdentified of [false, true]) {
    const setting = { sockets, isIdentified };
    test(`after any history every line is there once, in order: ${JSON.stringify(setting)}`, async () => {
      for (let seed = 1; seed <= SEEDS; seed++) {
        await play(seed, setting).catch((error) => {
          throw new Error(`seed ${seed}: ${error.message}`, { cause: error });
        });
      }
    });
  }
}
