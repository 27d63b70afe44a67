// Keeps one connection to the desk up: comes back with growing pauses, and stays away when it is told to.

import type { Desk } from './desk.ts';
import { ChatError } from './errors.ts';
import type { Fields, Frame, Welcome } from './frames.ts';
import { PollTransport } from './poll.ts';
import type { Session } from './session.ts';
import { SocketTransport } from './socket.ts';
import type { Surroundings } from './surroundings.ts';
import type { Ears, Transport } from './transport.ts';
import type { Phase } from './types.ts';
import { Way } from './way.ts';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** A connection that lived so long ended the trouble before it. */
const STEADY_MS = 10_000;
/** The desk was there a moment ago: pauses do not grow beyond this attempt's. */
const LAST_SEEN_ATTEMPT = 2;
/** So many refusals are answered with another session or conversation at once, the next ones after a pause. */
const TURNS = 2;
const TOO_MANY_MS = 5000;

/** Who talks over the connection. */
export interface Party {
  hello(): Fields;
  /** What a poll asks from. */
  place(): Fields;
  welcomed(frame: Welcome): void;
  heard(frame: Frame): void;
  wentDown(): void;
  /** The conversation is out of reach; false when there was none. */
  leaveConversation(): boolean;
}

export class Connection {
  phase: Phase = 'idle';
  refusal: string | null = null;
  isUp = false;
  readonly #around: Surroundings;
  readonly #desk: Desk;
  readonly #session: Session;
  readonly #party: Party;
  readonly #site: string;
  readonly #changed: () => void;
  readonly #way = new Way();
  #transport: Transport | null = null;
  /** A socket tried while polling works. */
  #probe: Transport | null = null;
  #attempt = 0;
  #attempts = 0;
  #turns = 0;
  #upAt = 0;
  #token = '';
  /** The desk said to come back then, not sooner. */
  #notBefore = 0;
  #isWaiting = false;
  #callOff = () => {};

  constructor(
    around: Surroundings,
    desk: Desk,
    session: Session,
    party: Party,
    site: string,
    changed: () => void,
  ) {
    this.#around = around;
    this.#desk = desk;
    this.#session = session;
    this.#party = party;
    this.#site = site;
    this.#changed = changed;
  }

  /** Begin, or try again at once what waits or was refused. */
  start(): void {
    if (this.phase === 'idle' || this.phase === 'refused') this.move();
    else this.hurry();
  }

  /** Go in anew: as somebody else, or into another conversation. */
  move(): void {
    this.#drop();
    this.#say('connecting');
    void this.#connect();
  }

  moveIfOpen(): void {
    if (this.phase !== 'idle') this.move();
  }

  stop(): void {
    this.#drop();
    this.#attempts = 0;
    this.#say('idle');
  }

  send(frame: Fields): boolean {
    return this.isUp && this.#transport?.send(frame) === true;
  }

  /** The connection does not answer: as good as broken. */
  fail(): void {
    this.#lost(this.#transport);
  }

  /** Something changed on this side: find out now instead of later. */
  hurry(): void {
    if (this.isUp) this.#transport?.check();
    else if (this.#isWaiting) this.#wait(0);
  }

  /** There is a network again, perhaps another one. */
  networkCame(): void {
    this.#way.reset();
    if (this.isUp && this.#transport instanceof PollTransport) this.#tryASocket();
    this.hurry();
  }

  networkWent(): void {
    if (this.phase !== 'connecting' && this.phase !== 'online') return;
    this.#drop();
    this.#say('offline');
    this.#attempts = LAST_SEEN_ATTEMPT;
    this.#comeBack();
  }

  /** The desk does not take this session's token any more. */
  refused(token: string): void {
    if (token === this.#token) this.#turnedAway(new ChatError('visitor_refused'));
  }

  async #connect(): Promise<void> {
    this.#drop();
    const attempt = this.#attempt;
    try {
      const token = await this.#session.ask();
      if (attempt !== this.#attempt) return;
      this.#token = token;
      this.#transport = this.#way.isPolling ? this.#polling() : this.#socket();
      this.#transport.start();
    } catch (error) {
      if (attempt === this.#attempt) this.#turnedAway(error as ChatError);
    }
  }

  #socket(): Transport {
    const url = `${this.#desk.socketUrl}?site=${encodeURIComponent(this.#site)}`;
    return this.#carried((ears) => new SocketTransport(this.#around, url, this.#hello(), ears));
  }

  #polling(): Transport {
    const place = () => this.#party.place();
    return this.#carried((ears) => new PollTransport(this.#around, this.#desk, this.#hello(), place, ears));
  }

  #hello(): Fields {
    return { ...this.#party.hello(), token: this.#token };
  }

  /** A transport whose words count only for as long as it is in use. */
  #carried(make: (ears: Ears) => Transport): Transport {
    const transport: Transport = make({
      heard: (frame) => {
        if (transport === this.#probe) this.#heardOnProbe(transport, frame);
        else if (transport === this.#transport) this.#heard(transport, frame);
      },
      gone: () => this.#lost(transport),
    });
    return transport;
  }

  #heard(transport: Transport, frame: Frame): void {
    if (frame.type === 'reconnect' || (frame.type === 'slow_down' && !this.isUp)) {
      return this.#turnedAway(new ChatError('slow_down', frame.waitMs));
    }
    if (frame.type === 'error' && (!this.isUp || isAboutUs(frame.code))) {
      return this.#turnedAway(new ChatError(frame.code, 0, frame.isPassing));
    }
    if (frame.type === 'welcome') return this.#welcomed(transport, frame);
    // Anything else before the welcome is asked for again, should it be missed.
    if (this.isUp || frame.type === 'reload') this.#party.heard(frame);
    if (this.isUp && frame.type === 'reload') this.#lost(transport);
  }

  #welcomed(transport: Transport, frame: Welcome): void {
    const isSocket = transport instanceof SocketTransport;
    this.#session.accept();
    this.isUp = true;
    this.#upAt = this.#around.now();
    if (isSocket) this.#way.worked();
    else this.#later(() => this.#tryASocket(), this.#way.polled());
    this.#say('online');
    this.#party.welcomed(frame);
  }

  #tryASocket(): void {
    this.#callOff();
    this.#probe?.close();
    this.#probe = this.#socket();
    this.#probe.start();
  }

  /** A socket that works replaces the polling at once; nothing is heard twice, since every line has its place. */
  #heardOnProbe(probe: Transport, frame: Frame): void {
    if (frame.type !== 'welcome') return this.#probeEnded();
    this.#probe = null;
    this.#drop();
    this.#transport = probe;
    this.#welcomed(probe, frame);
  }

  #probeEnded(): void {
    this.#probe?.close();
    this.#probe = null;
    this.#later(() => this.#tryASocket(), this.#way.polled());
  }

  #lost(transport: Transport | null): void {
    if (transport === this.#probe && transport) return this.#probeEnded();
    if (transport !== this.#transport || !transport) return;
    const isSocket = transport instanceof SocketTransport;
    if (!this.isUp) isSocket ? this.#way.failed() : this.#way.away();
    else if (isSocket) this.#way.died(this.#around.now() - this.#upAt);
    this.#drop();
    this.#say(this.#attempts ? 'offline' : 'connecting');
    this.#comeBack();
  }

  /** A refusal: another session or conversation helps, or a wait, or nothing. */
  #turnedAway(error: ChatError): void {
    const { code, waitMs, isPassing } = error;
    // A new session that is refused as well may have met with bad luck, a second one has not.
    const mayRenew = code === 'visitor_refused' && (this.#session.refuse(this.#token) || this.#turns < TURNS);
    this.#drop();
    if (mayRenew || (code === 'conversation_not_found' && this.#party.leaveConversation())) {
      this.#say('connecting');
      this.#attempts = Math.max(this.#attempts, this.#turns);
      return ++this.#turns > TURNS ? this.#comeBack() : void this.#connect();
    }
    if (code === 'nobody') return this.#say('idle');
    if (!isPassing) return this.#say('refused', code);
    if (waitMs) this.#notBefore = this.#around.now() + waitMs;
    const isBusy = code !== 'unreachable' && code !== 'slow_down';
    this.#say(this.#attempts || isBusy ? 'offline' : 'connecting', isBusy ? code : null);
    this.#comeBack(isBusy ? TOO_MANY_MS : 0);
  }

  #comeBack(least = 0): void {
    const longest = Math.min(FIRST_PAUSE_MS * 2 ** this.#attempts++, LONGEST_PAUSE_MS);
    this.#wait(Math.max(least, longest * (0.5 + this.#around.random() / 2)));
  }

  /** Try again then, or when the desk is ready for us. */
  #wait(ms: number): void {
    this.#isWaiting = true;
    const left = this.#notBefore - this.#around.now();
    // All who were sent away together do not come back together.
    const earliest = left > 0 ? left + (this.#around.random() * left) / 2 : 0;
    this.#later(() => void this.#connect(), Math.max(ms, earliest));
  }

  /** Let go of everything under way. */
  #drop(): void {
    const wasUp = this.isUp;
    this.#attempt++;
    this.#callOff();
    this.#isWaiting = this.isUp = false;
    for (const transport of [this.#transport, this.#probe]) transport?.close();
    this.#transport = this.#probe = null;
    if (!wasUp) return;
    const isSteady = this.#around.now() - this.#upAt >= STEADY_MS;
    this.#attempts = isSteady ? 0 : Math.min(this.#attempts, LAST_SEEN_ATTEMPT);
    if (isSteady) this.#turns = 0;
    this.#party.wentDown();
  }

  #later(run: () => void, ms: number): void {
    this.#callOff();
    this.#callOff = this.#around.later(run, ms);
  }

  #say(phase: Phase, refusal: string | null = null): void {
    this.phase = phase;
    this.refusal = refusal;
    this.#changed();
  }
}

/** Refusals that concern the visit, not a line. */
function isAboutUs(code: string): boolean {
  return code === 'visitor_refused' || code === 'conversation_not_found';
}
