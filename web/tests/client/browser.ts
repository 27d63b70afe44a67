// A browser with a device to keep things on and tabs that share it; the network between it and the desk.

import { ChatClient } from '../../chat/client/client.ts';
import type { Kept } from '../../chat/client/keeping.ts';
import type { Answer, Happening, Socket, SocketEars, Surroundings } from '../../chat/client/surroundings.ts';
import type { ChatState, ClientOptions } from '../../chat/client/types.ts';
import { FakeDesk, FakeSocket, type Reply } from './desk.ts';
import { chance, Time } from './time.ts';

const LATENCY_MS = 5;

export const KEY = 'guichet:demo';

/** What the device keeps; it can refuse, and tabs may see each other's changes late. */
export class Device {
  readonly items = new Map<string, string>();
  /** How long it takes until another tab reads what one wrote; the later write wins everywhere. */
  lag: () => number = () => 0;
  isFull = false;
  isForbidden = false;
  /** Cookies in the place of storage: a tab hears of its own changes too. */
  tellsTheWriter = false;
  writes = 0;
  readonly tabs = new Set<Tab>();

  kept(): Partial<Kept> {
    return JSON.parse(this.items.get(KEY) ?? '{}');
  }

  seenBy(tab: Tab): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> {
    if (this.isForbidden) throw new Error('SecurityError');
    return {
      getItem: (key) => tab.stale?.value ?? (tab.stale ? null : (this.items.get(key) ?? null)),
      setItem: (key, value) => {
        if (this.isFull) throw new Error('QuotaExceededError');
        this.#change(tab, () => this.items.set(key, value));
      },
      removeItem: (key) => {
        if (this.items.has(key)) this.#change(tab, () => this.items.delete(key));
      },
    };
  }

  /** The writer sees it at once, the others after the lag: until then they read what was there before. */
  #change(tab: Tab, change: () => void): void {
    this.writes++;
    const lag = this.lag();
    for (const other of this.tabs) {
      if (other !== tab && lag) other.sees(this.items.get(KEY) ?? null, lag);
    }
    change();
    tab.stale = null;
    for (const other of this.tabs) if (other !== tab || this.tellsTheWriter) other.happens('stored', lag + 1);
  }
}

/** A world for one test. */
export class World {
  readonly time = new Time();
  readonly desk = new FakeDesk(this.time);
  readonly device = new Device();
  readonly random: () => number;
  /** Whether requests reach the desk; whether sockets get through. */
  isReachable = true;
  sockets: 'open' | 'refused' | 'silent' = 'open';
  latency: () => number = () => LATENCY_MS;
  ids = 0;
  /** Requests and sockets that were begun. */
  attempts = 0;

  constructor(seed = 1) {
    this.random = chance(seed);
  }

  tab(options: Partial<ClientOptions> = {}): Tab {
    return new Tab(this, options);
  }

  pass(ms: number): Promise<void> {
    return this.time.pass(ms);
  }
}

/** A page with the chat in it. */
export class Tab {
  readonly client: ChatClient;
  readonly uploads: string[] = [];
  /** What the listeners were told, in order. */
  readonly states: ChatState[] = [];
  isOnline = true;
  /** What this tab still reads while another's change has not reached it. */
  stale: { value: string | null } | null = null;
  readonly #world: World;
  readonly #wires = new Set<() => void>();
  #tell: (happening: Happening) => void = () => {};
  #isAlive = true;

  constructor(world: World, options: Partial<ClientOptions>) {
    this.#world = world;
    world.device.tabs.add(this);
    const whole = {
      url: 'https://desk.example',
      site: 'demo',
      language: null,
      identity: null,
      identityRequired: false,
      ...options,
    };
    this.client = new ChatClient(whole, this.#surroundings());
    this.client.subscribe((state) => this.states.push(state));
  }

  get state(): ChatState {
    return this.client.state;
  }

  get texts(): string[] {
    return this.state.lines.map(({ text }) => text);
  }

  get pendingTexts(): string[] {
    return this.state.pending.map(({ text }) => text);
  }

  /** Opened and welcome. */
  async opened(): Promise<this> {
    this.client.open();
    await this.#world.pass(300);
    return this;
  }

  happens(happening: Happening, ms = 1): void {
    this.#later(() => this.#tell(happening), ms);
  }

  /** For so long it reads what was kept before. */
  sees(value: string | null, ms: number): void {
    const stale = this.stale ?? { value };
    this.stale = stale;
    this.#world.time.later(() => {
      if (this.stale === stale) this.stale = null;
    }, ms);
  }

  /** The tab is closed, or reloaded, in the middle of whatever it does. */
  kill(): void {
    this.#isAlive = false;
    this.#world.device.tabs.delete(this);
    this.unplug();
  }

  /** Its connections break. */
  unplug(): void {
    for (const wire of [...this.#wires]) wire();
  }

  #surroundings(): Surroundings {
    const { time, device } = this.#world;
    return {
      fetch: (url, init) => this.#fetch(url, init),
      upload: (url, token, body, progress) => {
        this.uploads.push(url);
        progress(0.5);
        return this.#fetch(url, { headers: { Authorization: `Bearer ${token}` }, body });
      },
      socket: (url, ears) => this.#socket(url, ears),
      storage: () => device.seenBy(this),
      now: () => time.now,
      later: (run, ms) => this.#later(run, ms),
      random: this.#world.random,
      id: () => `id${++this.#world.ids}`,
      watch: (tell) => {
        this.#tell = tell;
        return () => {
          this.#tell = () => {};
        };
      },
    };
  }

  #later(run: () => void, ms: number): () => void {
    return this.#world.time.later(() => this.#isAlive && run(), ms);
  }

  #isReachable(): boolean {
    return this.#isAlive && this.isOnline && this.#world.isReachable;
  }

  #fetch(url: string, init: RequestInit): Promise<Answer> {
    const { desk, time, latency } = this.#world;
    this.#world.attempts++;
    const path = url.replace(/^.*\/chat\/v1\//, '').replace(/\?.*/, '');
    const token = new Headers(init.headers).get('Authorization')?.replace('Bearer ', '') ?? null;
    const body = typeof init.body === 'string' ? JSON.parse(init.body) : {};
    return new Promise((resolve, reject) => {
      let isGone = false;
      const end = () => {
        isGone = true;
        this.#wires.delete(end);
        reject(new Error('network'));
      };
      const answer = (reply: Reply) =>
        time.later(() => {
          this.#wires.delete(end);
          if (!isGone && this.#isAlive) resolve(answerOf(reply));
        }, latency());
      this.#wires.add(end);
      init.signal?.addEventListener('abort', end);
      time.later(() => {
        if (!this.#isReachable()) return end();
        // What left arrives, even when nobody waits for the answer any more.
        desk.http(path, token, body, () => isGone).then(answer, end);
      }, latency());
    });
  }

  #socket(_url: string, ears: SocketEars): Socket {
    const { desk, time, latency, sockets } = this.#world;
    this.#world.attempts++;
    let [out, back] = [time.now, time.now];
    let isOver = false;
    const there = (run: () => void) => {
      out = Math.max(out, time.now + latency());
      time.later(run, out - time.now);
    };
    const here = (run: () => void) => {
      back = Math.max(back, time.now + latency());
      time.later(() => !isOver && this.#isAlive && run(), back - time.now);
    };
    const distant: { socket?: FakeSocket } = {};
    const closed = () => {
      this.#wires.delete(cut);
      if (!isOver) ears.closed(1006);
      isOver = true;
    };
    const cut = () => {
      distant.socket?.forget();
      here(closed);
    };
    this.#wires.add(cut);
    there(() => {
      if (isOver || sockets === 'silent') return;
      if (!this.#isReachable() || sockets === 'refused') return here(closed);
      distant.socket = new FakeSocket(desk, {
        opened: () => {},
        said: (text) => here(() => ears.said(text)),
        closed: () => here(closed),
      });
      here(ears.opened);
    });
    return {
      send: (text) => there(() => this.#isReachable() && distant.socket?.take(text)),
      close: () => {
        isOver = true;
        this.#wires.delete(cut);
        there(() => distant.socket?.forget());
      },
    };
  }
}

function answerOf({ status, body }: Reply): Answer {
  const text = JSON.stringify(body);
  return { status, json: async () => JSON.parse(text), blob: async () => new Blob([text]) };
}

/** A JWT as a host page signs it; nobody here checks the signature. */
export function vouch(sub: string, serial = 0, iss = 'host'): string {
  const payload = btoa(JSON.stringify({ iss, sub, jti: serial }))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
  return `e30.${payload}.c2ln`;
}
