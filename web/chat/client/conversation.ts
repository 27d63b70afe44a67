// One conversation as this tab knows it: takes the desk's frames, sends what waits, keeps what must not be lost.

import { ANSWER_MS } from './desk.ts';
import { Draft } from './draft.ts';
import type { Fields, Frame, Message, Welcome } from './frames.ts';
import { Gaps } from './gaps.ts';
import type { Keeping, Kept } from './keeping.ts';
import { Ledger } from './ledger.ts';
import { Outbox } from './outbox.ts';
import { Presence } from './presence.ts';
import type { Surroundings } from './surroundings.ts';
import type { Language, Pending } from './types.ts';
import { Wish } from './wish.ts';

/** Another tab has this long to send its own line, before this one does. */
const OTHER_TAB_MS = 10_000;

export interface Link {
  readonly isUp: boolean;
  send(frame: Fields): boolean;
  fail(): void;
  /** Say hello again, unless nothing was opened. */
  moveIfOpen(): void;
}

export class Conversation {
  readonly ledger = new Ledger();
  readonly outbox = new Outbox();
  readonly presence = new Presence();
  readonly draft: Draft;
  characters = 4000;
  seen = 0;
  /** What was chosen last, or spoken last. */
  language: Language | null;
  readonly #around: Surroundings;
  readonly #keeping: Keeping;
  readonly #link: () => Link;
  readonly #changed: () => void;
  readonly #firstLanguage: Language | null;
  readonly #gaps = new Gaps();
  readonly #wish = new Wish();
  #isAdmitted = false;
  /** Another conversation is wanted: as soon as a line on its way has its answer; and then from the desk. */
  #isLeaving = false;
  #isNew = false;
  /** The conversation that is kept: a tab that begins another one tells the others so. */
  #kept: string | null = null;
  #flyingUntil = 0;
  #callOff = () => {};

  constructor(
    around: Surroundings,
    keeping: Keeping,
    language: Language | null,
    link: () => Link,
    changed: () => void,
  ) {
    this.#around = around;
    this.#keeping = keeping;
    this.#firstLanguage = this.language = language;
    this.#link = link;
    this.#changed = changed;
    this.draft = new Draft(around, keeping);
  }

  // What the connection says and asks

  hello(): Fields {
    const { conversation, epoch, last } = this.ledger;
    if (conversation) return { type: 'hello', conversation, ...(epoch && { epoch, since: last }) };
    const { language } = this;
    return { type: 'hello', ...(this.#isNew && { new: true }), ...(language && { language }) };
  }

  place(): Fields {
    const { conversation, epoch, last, status } = this.ledger;
    const version = status?.version ?? 0;
    return { conversation, epoch, since: last, version, position: this.presence.position ?? 0 };
  }

  welcomed(frame: Welcome): void {
    if (!this.ledger.enter(frame)) this.outbox.doubt();
    this.#isNew = false;
    this.characters = frame.characters ?? this.characters;
    if (this.#kept !== frame.conversation) this.#keep(frame.conversation);
    this.seen = Math.min(this.seen, frame.lastSeq);
    this.#gaps.reset();
    this.#followStatus();
    this.#go();
  }

  heard(frame: Frame): void {
    const now = this.#around.now();
    switch (frame.type) {
      case 'message':
        for (const message of this.ledger.take(frame)) this.#show(message);
        break;
      case 'status':
        if (this.ledger.update(frame.status)) this.#followStatus();
        break;
      case 'ack':
        this.ledger.hearOf(frame.seq);
        this.outbox.acknowledge(frame.clientId, frame.seq, this.ledger.last);
        this.#keeping.dropLine(frame.clientId);
        break;
      case 'slow_down':
        if (frame.clientId) this.outbox.hold(frame.clientId, now + frame.waitMs);
        else this.#wish.again(now + frame.waitMs);
        break;
      case 'error':
        this.#error(frame.clientId || this.#guilty(frame.code), frame.code, frame.isPassing);
        break;
      case 'typing':
        this.presence.types(frame.author, now + frame.ms);
        break;
      case 'queue':
        this.presence.queued(frame.position);
        break;
      case 'reload':
        this.ledger.forget();
        this.outbox.doubt();
    }
    this.#go();
  }

  wentDown(): void {
    this.outbox.lost();
    this.presence.typing = null;
    this.#wish.again(0);
    this.#go();
  }

  leaveConversation(): boolean {
    const had = this.ledger.conversation !== null;
    this.#move(null);
    if (this.#kept !== null) this.#keep(null);
    return had;
  }

  // What the person does

  /** A line typed or a button pressed; it is shown and kept from here on. */
  write(text: string, { button = null, file = null }: Partial<Pending>): void {
    const at = new Date(this.#around.now()).toISOString();
    const clientId = this.#around.id();
    const line: Pending = { clientId, text, button, file, state: 'sending', why: null, at };
    this.outbox.add(line);
    this.#keepLine(line);
    this.#go();
  }

  retry(clientId: string): void {
    this.#keepLine(this.outbox.retry(clientId));
    this.#go();
  }

  discard(clientId: string): void {
    this.#keeping.dropLine(this.outbox.remove(clientId));
    this.#go();
  }

  choose(language: Language): void {
    this.#wish.choose(language);
    this.language = language;
    if (this.#isAdmitted) this.#keeping.change({ language });
    this.#go();
  }

  /** A new conversation. */
  restart(): void {
    this.#isLeaving = true;
    this.#go();
  }

  keepDraft(text: string): void {
    this.draft.change(text);
    this.#changed();
  }

  markSeen(): void {
    if (this.seen >= this.ledger.last) return;
    this.seen = this.ledger.last;
    this.#keeping.change({ seen: this.seen });
    this.#changed();
  }

  // What is kept

  /** It is known who is there: take up what is kept, before what was written meanwhile. */
  admit(): void {
    if (this.#isAdmitted) return;
    this.#isAdmitted = true;
    const kept = this.#keeping.read();
    const written = this.outbox.unsettled;
    this.outbox.clear();
    for (const line of [...kept.pending, ...written]) this.outbox.add(line);
    for (const line of written) this.#keepLine(line);
    this.#kept = kept.conversation;
    if (!this.#isNew) this.ledger.conversation ??= kept.conversation;
    this.seen = kept.seen;
    this.draft.admit();
    if (this.#wish.language) this.#keeping.change({ language: this.#wish.language });
    else this.language = kept.language ?? this.language;
    this.#changed();
  }

  /** Nothing is shown to whoever is there now. */
  hide(): void {
    this.#isAdmitted = this.#isNew = this.#isLeaving = false;
    this.#leave(null);
    this.outbox.clear();
    this.#wish.forget();
    this.#kept = null;
    this.draft.hide();
    this.language = this.#firstLanguage;
    this.#changed();
  }

  /** Another tab changed what is kept; true when it went into another conversation. */
  follow(kept: Kept): boolean {
    if (!this.#isAdmitted) return false;
    const hasMoved = kept.conversation !== this.#kept;
    this.#kept = kept.conversation;
    if (hasMoved && kept.conversation !== this.ledger.conversation) this.#move(kept.conversation);
    this.#mergeLines(kept.pending);
    if (hasMoved || kept.seen > this.seen) this.seen = kept.seen;
    this.language = kept.language ?? this.language;
    this.#go();
    return hasMoved;
  }

  #mergeLines(pending: readonly Pending[]): void {
    for (const line of pending) {
      if (this.ledger.holds(line.clientId)) continue;
      this.outbox.add(line, this.#around.now() + OTHER_TAB_MS);
      this.outbox.align(line);
    }
    const ids = pending.map(({ clientId }) => clientId);
    for (const line of this.outbox.missingFrom(ids)) this.#keepLine(line);
  }

  #keepLine(line: Pending | null): void {
    if (line && this.#isAdmitted) this.#keeping.putLine(line);
  }

  #keep(conversation: string | null): void {
    this.#kept = conversation;
    this.seen = 0;
    this.#keeping.change({ conversation, seen: 0 });
  }

  /** Into another conversation, or a new one: what was shown is left, lines not sent yet come along. */
  #move(conversation: string | null): void {
    for (const clientId of this.outbox.move()) this.#keeping.dropLine(clientId);
    this.#leave(conversation);
  }

  #leave(conversation: string | null): void {
    this.ledger.forget();
    this.ledger.conversation = conversation;
    this.presence.follow(null);
    this.seen = 0;
  }

  // The frames

  #show({ line, clientId }: Message): void {
    const settled = this.outbox.settle(clientId, line.seq);
    if (settled) this.#keeping.dropLine(settled);
    this.presence.said(line.author);
  }

  #followStatus(): void {
    const { status } = this.ledger;
    this.presence.follow(status);
    this.#wish.confirm(status?.language);
    this.language = this.#wish.language ?? status?.language ?? this.language;
  }

  #error(clientId: string, code: string, isPassing: boolean): void {
    const { outbox } = this;
    const now = this.#around.now();
    this.#keepLine(isPassing ? outbox.postpone(clientId, code, now) : outbox.fail(clientId, code));
  }

  /** A frame that could not be read is answered without an id: only a line can be at fault. */
  #guilty(code: string): string {
    return (code === 'bad_frame' && this.outbox.flying?.clientId) || '';
  }

  // What is due

  /** Do everything that is due, and come back when the next thing is. */
  #go(): void {
    const now = this.#around.now();
    const link = this.#link();
    const { presence, outbox } = this;
    presence.look(now);
    this.#changed();
    if (this.#isLeaving && !outbox.flying) this.#startAnew(link);
    if (link.isUp && outbox.flying && this.#flyingUntil <= now) return link.fail();
    if (link.isUp) this.#send(link, now);
    const dueAt = [presence.dueAt, outbox.heldUntil > now ? outbox.heldUntil : Infinity];
    if (link.isUp)
      dueAt.push(outbox.flying ? this.#flyingUntil : outbox.dueAt(now), this.#gaps.dueAt, this.#wish.dueAt);
    const next = Math.min(...dueAt);
    this.#callOff();
    if (next < Infinity) this.#callOff = this.#around.later(() => this.#go(), Math.max(next - now, 0));
  }

  #startAnew(link: Link): void {
    this.#isLeaving = false;
    this.#isNew = true;
    this.#move(null);
    link.moveIfOpen();
  }

  #send(link: Link, now: number): void {
    const language = this.#wish.take(now);
    if (language) link.send({ type: 'language', language });
    this.#wish.confirm(this.ledger.status?.language);
    if (this.#gaps.isDue(this.ledger, now)) link.send({ type: 'since', seq: this.ledger.last });
    let line = this.outbox.take(now);
    // The desk could not answer what is far too long.
    while (line && [...line.text].length > this.characters) {
      this.#keepLine(this.outbox.fail(line.clientId, 'message_too_long'));
      line = this.outbox.take(now);
    }
    if (!line) return;
    this.#flyingUntil = now + ANSWER_MS;
    link.send(sendFrame(line));
  }
}

function sendFrame({ clientId, text, button, file }: Pending): Fields {
  const frame = { type: 'send', client_id: clientId };
  if (button) return { ...frame, button };
  return { ...frame, ...(text && { text }), ...(file && { file: file.id }) };
}
