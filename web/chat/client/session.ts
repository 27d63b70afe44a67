// The visitor's session: kept, checked against who is there now, opened again when the desk refuses it.

import type { Desk } from './desk.ts';
import { ChatError } from './errors.ts';
import { fields, string, text } from './frames.ts';
import { askIdentity, type Vouched } from './identity.ts';
import { type Keeping, type Kept, readPerson } from './keeping.ts';
import type { Surroundings } from './surroundings.ts';
import type { ClientOptions, Language, Person } from './types.ts';

/** A JWT that was asked for to know who is there may still open a session for so long. */
const SPARE_MS = 60_000;
/** How long the other tabs leave it to one to open a session. */
const OPENING_MS = 12_000;
/** Longer than it takes to see that two tabs began at the same moment. */
const LOOK_AGAIN_MS = 60;

/** Who shows what belongs to the session. */
export interface Holder {
  readonly language: Language | null;
  /** It is known who is there: what is kept may be shown. */
  admit(): void;
  /** What is shown is somebody else's. */
  hide(): void;
}

export class Session {
  /** The person opened the chat: a session may be opened where there is none. */
  mayOpen = false;
  /** What another tab keeps is looked at, never thrown away: that one knows better who is there. */
  isFollowing = false;
  /** The token that was given last, and for whom it was opened. */
  token: string | null = null;
  who: string | null = null;
  person: Person | null = null;
  readonly #around: Surroundings;
  readonly #desk: Desk;
  readonly #keeping: Keeping;
  readonly #options: ClientOptions;
  readonly #holder: Holder;
  readonly #tab: string;
  #turn = 0;
  #isChecked = false;
  #spare: (Vouched & { until: number }) | null = null;
  #refused: string | null = null;
  #fresh: string | null = null;
  #asking: Promise<string> | null = null;

  constructor(around: Surroundings, desk: Desk, keeping: Keeping, options: ClientOptions, holder: Holder) {
    this.#around = around;
    this.#desk = desk;
    this.#keeping = keeping;
    this.#options = options;
    this.#holder = holder;
    this.#tab = around.id();
  }

  /** A token to go in with. Rejects with `ChatError`: `nobody` when there is none and none may be opened. */
  ask(): Promise<string> {
    const asking = this.#asking ?? this.#ask(this.#turn);
    this.#asking = asking;
    asking
      .catch(() => {})
      .finally(() => {
        if (this.#asking === asking) this.#asking = null;
      });
    return asking;
  }

  /** The desk refuses a token; false when it was new, so that another one would not help. */
  refuse(token: string): boolean {
    this.#refused = token;
    return token !== this.#fresh;
  }

  /** The desk took the token. */
  accept(): void {
    this.#fresh = null;
  }

  /** Who is there is not known any more. */
  reset(): void {
    this.#turn++;
    this.#isChecked = this.isFollowing = false;
    this.#asking = this.#spare = this.#fresh = null;
    this.token = this.who = this.person = null;
  }

  /** Differs for whoever is there next; null while it is not known who is. */
  get whose(): string | null {
    return this.token && `${this.#turn} ${this.who}`;
  }

  /** Whether what is kept can be gone on with, as far as this device can tell. */
  get isKept(): boolean {
    return this.#isGood(this.#keeping.read());
  }

  async #ask(turn: number): Promise<string> {
    if (!this.#isChecked) await this.#check(turn);
    const kept = this.#keeping.read();
    if (!this.#isGood(kept)) return this.#open(turn, kept);
    return this.#use(kept);
  }

  #use({ token, who, person }: Pick<Kept, 'token' | 'who' | 'person'>): string {
    this.#holder.admit();
    this.token = token;
    this.who = who;
    this.person = person;
    return token ?? '';
  }

  #isGood({ token, expires }: Kept): boolean {
    return token !== null && token !== this.#refused && !(Date.parse(expires) <= this.#around.now());
  }

  /** Before anything is shown: one person's conversation is never shown to another in the same browser. */
  async #check(turn: number): Promise<void> {
    const vouched = await this.#vouch(turn);
    this.#compare(vouched);
    this.#require(vouched);
    this.#spare = vouched && { ...vouched, until: this.#around.now() + SPARE_MS };
    this.#isChecked = true;
    this.isFollowing = false;
    this.#holder.admit();
  }

  /** Who is there. Where the host page cannot say, nobody is, unless somebody was. */
  async #vouch(turn: number): Promise<Vouched | null> {
    const { identity, identityRequired } = this.#options;
    try {
      return identity && (await askIdentity(this.#around, identity));
    } catch (error) {
      const isNeeded = identityRequired || this.#keeping.read().who !== null;
      if (isNeeded || !(error as ChatError).isPassing) throw error;
      return null;
    } finally {
      this.#stillWanted(turn);
    }
  }

  #require(vouched: Vouched | null): void {
    if (this.#options.identityRequired && !vouched) throw new ChatError('identity_required');
  }

  /** Leave everything of somebody else behind. */
  #compare(vouched: Vouched | null): void {
    const { token, who } = this.#keeping.read();
    const whoIsHere = vouched?.who ?? null;
    if (who === whoIsHere) return;
    if (this.isFollowing) throw new ChatError('nobody');
    if (this.#isChecked) this.#holder.hide();
    if (token) void this.#desk.leave(token);
    this.token = this.who = this.person = null;
    this.#keeping.forget();
    if (!this.mayOpen) return;
    this.#keeping.allow();
    // From here on lines are kept, even before there is a session.
    this.#keeping.change({ who: whoIsHere });
  }

  async #open(turn: number, kept: Kept): Promise<string> {
    const isEmpty = !kept.pending.length && !kept.draft;
    // A session that ended is not worth another while nobody has opened the chat here and nothing waits to be sent.
    if (!this.mayOpen && (kept.token === null || (kept.who === null && isEmpty))) {
      throw new ChatError('nobody');
    }
    if (await this.#isOpenedElsewhere(turn, kept.token !== null)) return this.#ask(turn);
    try {
      return await this.#openAs(turn, await this.#current(turn));
    } finally {
      if (this.#keeping.read().opening?.tab === this.#tab) this.#keeping.change({ opening: null });
    }
  }

  /** Each JWT works once. */
  async #current(turn: number): Promise<Vouched | null> {
    const spare = this.#spare;
    this.#spare = null;
    const vouched = spare && spare.until > this.#around.now() ? spare : await this.#vouch(turn);
    this.#compare(vouched);
    this.#require(vouched);
    return vouched;
  }

  async #openAs(turn: number, vouched: Vouched | null): Promise<string> {
    const { language } = this.#holder;
    const body = { site: this.#options.site, ...(language && { language }) };
    const answer = await this.#desk.post('session', {
      body: vouched ? { ...body, identity: vouched.jwt } : body,
    });
    const { token: given, expires_at: expires, person } = fields(answer);
    const token = text(given);
    if (!token) throw new ChatError('unreachable');
    if (turn !== this.#turn) void this.#desk.leave(token);
    this.#stillWanted(turn);
    const opened = { token, who: vouched?.who ?? null, person: readPerson(person) };
    this.#keeping.change({ ...opened, expires: string(expires) });
    this.#fresh = token;
    return this.#use(opened);
  }

  /** One tab opens a session, the others take it over; true when another one was waited for. */
  async #isOpenedElsewhere(turn: number, isContested: boolean): Promise<boolean> {
    const isOther = () => {
      const { opening } = this.#keeping.read();
      const left = (opening?.until ?? 0) - this.#around.now();
      return opening?.tab !== this.#tab && left > 0 && left <= OPENING_MS;
    };
    let hasWaited = false;
    for (;;) {
      while (isOther()) {
        hasWaited = true;
        await this.#pause(turn);
      }
      if (hasWaited) return true;
      this.#keeping.change({ opening: { tab: this.#tab, until: this.#around.now() + OPENING_MS } });
      if (isContested) await this.#pause(turn);
      if (!isOther()) return false;
    }
  }

  async #pause(turn: number): Promise<void> {
    await new Promise<void>((done) => this.#around.later(done, LOOK_AGAIN_MS));
    this.#stillWanted(turn);
  }

  #stillWanted(turn: number): void {
    if (turn !== this.#turn) throw new ChatError('unreachable');
  }
}
