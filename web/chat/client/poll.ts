// The same frames over long polling, where a proxy cuts WebSockets (TRUST WW-16).

import { ANSWER_MS, type Asking, type Desk } from './desk.ts';
import type { Fields, Frame } from './frames.ts';
import type { Surroundings } from './surroundings.ts';
import { AWAKE_PATIENCE_MS, type Ears, type Transport } from './transport.ts';

const WAIT_SECONDS = 25;
/** An answer that brings nothing new and comes sooner than this is followed by a pause, a longer one each time. */
const SOON_MS = 1000;
const PACE_MS = 250;
const LONGEST_PACE_MS = 5000;
const BUSY_POLLS = 10;

export class PollTransport implements Transport {
  readonly #around: Surroundings;
  readonly #desk: Desk;
  readonly #hello: Fields;
  readonly #ears: Ears;
  /** What the next poll asks from. */
  readonly #place: () => Fields;
  readonly #token: string;
  /** Every request in flight. */
  readonly #requests = new Set<AbortController>();
  #poll: AbortController | null = null;
  #isOver = false;
  #isInHaste = false;
  #idle = 0;
  #busy = 0;

  constructor(
    around: Surroundings,
    desk: Desk,
    { token, ...hello }: Fields,
    place: () => Fields,
    ears: Ears,
  ) {
    this.#around = around;
    this.#desk = desk;
    this.#token = String(token);
    this.#hello = hello;
    this.#place = place;
    this.#ears = ears;
  }

  start(): void {
    void this.#say('hello', this.#hello).then((frames) => {
      if (!frames?.some(({ type }) => type === 'welcome')) this.#end();
      else void this.#listen();
    });
  }

  send(frame: Fields): boolean {
    // Every poll says where it stands, so asking again and keeping alive come by themselves.
    if (frame['type'] !== 'since' && frame['type'] !== 'ping') {
      const { conversation } = this.#place();
      void this.#say('send', { conversation, ...frame });
    }
    return !this.#isOver;
  }

  check(): void {
    this.#isInHaste = true;
    this.#poll?.abort();
  }

  close(): void {
    this.#isOver = true;
    for (const request of this.#requests) request.abort();
  }

  /** One request and its frames; null when there is no answer, and then it is over. */
  async #say(path: string, body: Fields): Promise<Frame[] | null> {
    try {
      const frames = await this.#request(path, body, ANSWER_MS);
      for (const frame of frames) this.#hear(about(body, frame));
      return frames;
    } catch {
      this.#end();
      return null;
    }
  }

  async #listen(): Promise<void> {
    while (!this.#isOver) {
      const before = JSON.stringify(this.#place());
      const asked = this.#around.now();
      const frames = await this.#ask();
      const busyMs = frames && this.#busyMs(frames);
      if (!frames) continue;
      if (busyMs === null) for (const frame of frames) this.#hear(frame);
      // A desk that answers at once, again and again, must not be asked without end.
      const isSoon = this.#around.now() - asked < SOON_MS;
      this.#idle = isSoon && before === JSON.stringify(this.#place()) ? this.#idle + 1 : 0;
      const pace = this.#idle ? Math.min(PACE_MS * this.#idle, LONGEST_PACE_MS) : 0;
      if (busyMs || pace) await new Promise<void>((done) => this.#around.later(done, busyMs ?? pace));
    }
  }

  /** One poll; null when it was called off, or when it is over. */
  async #ask(): Promise<Frame[] | null> {
    const isInHaste = this.#isInHaste;
    this.#isInHaste = false;
    const wait = isInHaste ? 0 : WAIT_SECONDS;
    const ms = isInHaste ? AWAKE_PATIENCE_MS : WAIT_SECONDS * 1000 + ANSWER_MS;
    const poll = new AbortController();
    this.#poll = poll;
    try {
      return await this.#request('poll', { ...this.#place(), wait }, ms, poll);
    } catch {
      if (!this.#isInHaste) this.#end();
      return null;
    }
  }

  /** How long to wait when the desk has no time for a poll, which sends may not notice. */
  #busyMs(frames: Frame[]): number | null {
    for (const frame of frames) {
      const isBusy = frame.type === 'error' && (frame.isPassing || frame.code === 'too_many_sockets');
      if (frame.type !== 'slow_down' && !isBusy) continue;
      if (++this.#busy > BUSY_POLLS) this.#end();
      return Math.max(
        'waitMs' in frame ? frame.waitMs : 0,
        Math.min(PACE_MS * 2 ** this.#busy, LONGEST_PACE_MS),
      );
    }
    this.#busy = 0;
    return null;
  }

  async #request(path: string, body: Fields, ms: number, ending = new AbortController()): Promise<Frame[]> {
    const asking: Asking = { token: this.#token, body, ms, ending };
    this.#requests.add(ending);
    try {
      return await this.#desk.frames(path, asking);
    } finally {
      this.#requests.delete(ending);
    }
  }

  #hear(frame: Frame): void {
    if (!this.#isOver) this.#ears.heard(frame);
  }

  #end(): void {
    if (this.#isOver) return;
    this.close();
    this.#ears.gone();
  }
}

/** Over HTTP an answer belongs to its request even when it does not say so. */
function about(sent: Fields, answer: Frame): Frame {
  const clientId = sent['client_id'];
  const isReply = answer.type === 'error' || answer.type === 'slow_down';
  return isReply && typeof clientId === 'string' ? { ...answer, clientId } : answer;
}
