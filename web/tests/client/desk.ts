// A small desk that speaks docs/protocol.md in memory, and misbehaves on demand.

import type { SocketEars } from '../../chat/client/surroundings.ts';
import { type Frame, Talk } from './talk.ts';
import type { Time } from './time.ts';

export interface Reply {
  status: number;
  body: unknown;
}

interface Session {
  person: string;
  isValid: boolean;
}

const POLL_MS = 25_000;

export class FakeDesk {
  epoch = 'e1';
  readonly talks: Talk[] = [];
  readonly sessions = new Map<string, Session>();
  /** Everything asked over HTTP, and every frame over a socket. */
  readonly asked: { path: string; body: Frame; token: string | null }[] = [];
  readonly heard: Frame[] = [];
  readonly usedIdentities = new Set<string>();
  readonly sockets = new Set<FakeSocket>();
  /** Answers every request of this path, once each. */
  readonly answers = new Map<string, Reply[]>();
  /** Answers to the next lines, in place of recording them; `cut` records and says nothing. */
  readonly lineAnswers: (Frame | 'cut')[] = [];
  /** Answers to the next hellos. */
  readonly helloAnswers: Frame[] = [];
  greeting: string[] = [];
  requiresIdentity = false;
  isDeaf = false;
  mangle: (frames: Frame[]) => Frame[] = (frames) => frames;
  readonly time: Time;
  #count = 0;

  constructor(time: Time) {
    this.time = time;
  }

  /** The conversation that was opened last. */
  get talk(): Talk {
    const talk = this.talks.at(-1);
    if (!talk) throw new Error('no conversation yet');
    return talk;
  }

  hellos(): Frame[] {
    return [...this.heard, ...this.asked.map(({ body }) => body)].filter(({ type }) => type === 'hello');
  }

  paths(path: string): Frame[] {
    return this.asked.filter((request) => request.path === path).map(({ body }) => body);
  }

  revokeAll(): void {
    for (const session of this.sessions.values()) session.isValid = false;
  }

  cut(): void {
    for (const socket of [...this.sockets]) socket.end(1006);
  }

  /** Stop in good order: everybody is told to come back. */
  restart(waitMs: number): void {
    for (const socket of [...this.sockets]) {
      socket.say([{ type: 'reconnect', wait_ms: waitMs }]);
      socket.end(1012);
    }
  }

  async http(path: string, token: string | null, body: Frame, isGone: () => boolean): Promise<Reply> {
    this.asked.push({ path, body, token });
    const prepared = this.answers.get(path)?.shift();
    if (prepared) return prepared;
    if (path === 'session') return this.#open(body);
    const session = this.sessions.get(token ?? '');
    if (!session?.isValid) return refused('visitor_refused', 401);
    if (path === 'leave') session.isValid = false;
    if (path === 'leave') return { status: 204, body: null };
    if (path === 'hello') return { status: 200, body: { frames: this.enter(token, body).frames } };
    const talk = this.talks.find(
      ({ id, person }) => id === body['conversation'] && person === session.person,
    );
    if (!talk) return refused('conversation_not_found', 404);
    if (path === 'poll') return this.#poll(talk, body, isGone);
    const answer = this.answer(talk, body);
    if (answer === 'cut') throw new Error('cut');
    return { status: 200, body: { frames: answer } };
  }

  /** What a hello is answered, and the conversation when it is let in. */
  enter(token: string | null, hello: Frame): { frames: Frame[]; talk?: Talk; since: number } {
    const prepared = this.helloAnswers.shift();
    if (prepared) return { frames: [prepared], since: 0 };
    const session = this.sessions.get(token ?? '');
    if (!session?.isValid) return { frames: [error('visitor_refused')], since: 0 };
    const own = this.talks.filter(({ person }) => person === session.person);
    const wanted = hello['conversation'];
    let talk = wanted ? own.find(({ id }) => id === wanted) : hello['new'] ? undefined : own.at(-1);
    if (wanted && !talk) return { frames: [error('conversation_not_found')], since: 0 };
    talk ??= this.#begin(session.person);
    const since = Number(hello['since'] ?? 0);
    const isKnown = (hello['epoch'] ?? this.epoch) === this.epoch && since <= talk.messages.length;
    const welcome = {
      type: 'welcome',
      conversation: talk.id,
      epoch: this.epoch,
      last_seq: talk.messages.length,
      status: talk.status(),
      limits: { characters: 200, heartbeat: 25 },
    };
    const frames = isKnown ? [welcome] : [{ type: 'reload', reason: 'position_unknown' }, welcome];
    return { frames, talk, since: isKnown ? since : 0 };
  }

  /** The answer to a line or another frame of a client; `cut` breaks the connection after recording. */
  answer(talk: Talk, frame: Frame): Frame[] | 'cut' {
    if (frame['type'] === 'language') {
      talk.become({ language: String(frame['language']) });
      return [];
    }
    if (frame['type'] !== 'send') return [];
    const prepared = this.lineAnswers.shift();
    if (prepared && prepared !== 'cut') return [{ client_id: frame['client_id'], ...prepared }];
    const ack = talk.take(frame);
    return prepared ?? [ack];
  }

  #begin(person: string): Talk {
    const talk = new Talk(`c${++this.#count}`, person);
    this.talks.push(talk);
    for (const text of this.greeting) talk.says('desk', text, { notice: 'machine' });
    return talk;
  }

  #open(body: Frame): Reply {
    const identity = body['identity'] as string | undefined;
    if ((!identity && this.requiresIdentity) || (identity && this.usedIdentities.has(identity))) {
      return refused('identity_refused', 401);
    }
    if (identity) this.usedIdentities.add(identity);
    const token = `t${++this.#count}`;
    const { iss = '', sub: name = null } = identity ? JSON.parse(atob(identity.split('.')[1] ?? '')) : {};
    this.sessions.set(token, { person: name ? `${name} of ${iss}` : `anonymous-${token}`, isValid: true });
    const expires = new Date(this.time.now + 7 * 86_400_000).toISOString();
    const person = { name, email: null, verified: Boolean(identity) };
    return { status: 201, body: { token, expires_at: expires, person } };
  }

  #poll(talk: Talk, body: Frame, isGone: () => boolean): Promise<Reply> {
    const [since, version] = [Number(body['since']), Number(body['version'])];
    if (body['epoch'] !== this.epoch) return Promise.resolve(frames([{ type: 'reload', reason: '' }]));
    return new Promise((done) => {
      const look = () => {
        const queue = talk.position !== null && talk.position !== (body['position'] ?? null);
        const news = talk.news(since, version);
        if (queue) news.push({ type: 'queue', position: talk.position });
        if (news.length && !isGone()) end(news);
      };
      const end = (news: Frame[]) => {
        callOff();
        unwatch();
        done(frames(this.mangle(news)));
      };
      const callOff = this.time.later(() => end([]), Math.min(Number(body['wait']) * 1000, POLL_MS));
      const unwatch = talk.watch(look);
      look();
    });
  }
}

/** The desk's end of a WebSocket. */
export class FakeSocket {
  readonly #desk: FakeDesk;
  readonly #ears: SocketEars;
  #talk: Talk | null = null;
  #since = 0;
  #version = 0;
  #position: number | null = null;
  #unwatch = () => {};
  #isOver = false;

  constructor(desk: FakeDesk, ears: SocketEars) {
    this.#desk = desk;
    this.#ears = ears;
    desk.sockets.add(this);
  }

  take(text: string): void {
    const frame = JSON.parse(text) as Frame;
    if (this.#isOver) return;
    this.#desk.heard.push(frame);
    if (this.#desk.isDeaf) return;
    if (!this.#talk) return this.#hello(frame);
    if (frame['type'] === 'ping') return this.say([{ type: 'pong' }]);
    if (frame['type'] === 'since') {
      this.#since = Math.min(this.#since, Number(frame['seq']));
      return this.#update();
    }
    const answer = this.#desk.answer(this.#talk, frame);
    if (answer === 'cut') this.end(1006);
    else this.say(answer);
  }

  say(frames: Frame[]): void {
    for (const frame of frames) if (!this.#isOver) this.#ears.said(JSON.stringify(frame));
  }

  end(code: number): void {
    if (this.#isOver) return;
    this.forget();
    this.#ears.closed(code);
  }

  /** The other side is gone. */
  forget(): void {
    this.#isOver = true;
    this.#unwatch();
    this.#desk.sockets.delete(this);
  }

  #hello(frame: Frame): void {
    const { frames, talk, since } = this.#desk.enter(String(frame['token']), frame);
    this.say(frames);
    if (!talk) return this.end(1008);
    this.#talk = talk;
    this.#since = since;
    this.#version = talk.version;
    this.#unwatch = talk.watch(() => this.#update());
    this.#update();
  }

  #update(): void {
    const talk = this.#talk;
    if (!talk || this.#isOver) return;
    const news = talk.news(this.#since, this.#version);
    this.#since = talk.messages.length;
    this.#version = talk.version;
    if (talk.position !== this.#position) news.push({ type: 'queue', position: talk.position });
    this.#position = talk.position;
    this.say(this.#desk.mangle(news));
  }
}

export function error(code: string, changes: Frame = {}): Frame {
  return { type: 'error', code, detail: '', ...changes };
}

export function frames(all: Frame[], status = 200): Reply {
  return { status, body: { frames: all } };
}

export function refused(code: string, status: number): Reply {
  return frames([error(code)], status);
}
