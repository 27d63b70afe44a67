// One conversation as this tab knows it: takes the desk's frames, sends what waits, keeps what must not be lost.

import { Deliveries, sendFrame } from './deliveries.ts';
import { ANSWER_MS } from './desk.ts';
import { Draft } from './draft.ts';
import type { Fields, Frame, Message, Welcome } from './frames.ts';
import { Gaps } from './gaps.ts';
import type { Keeping, Kept } from './keeping.ts';
import { Ledger } from './ledger.ts';
import type { Outbox } from './outbox.ts';
import { Presence } from './presence.ts';
import type { Surroundings } from './surroundings.ts';
import type { Language, Pending } from './types.ts';
import { Wish } from './wish.ts';

export interface Link {
  readonly isUp: boolean;
  send(frame: Fields): boolean;
  fail(): void;
  /** Say hello again, unless nothing was opened. */
  moveIfOpen(): void;
}

export class Conversation {
  readonly ledger = new Ledger();
  readonly outbox: Outbox;
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
  #firstLanguage: Language | null;
  readonly #deliveries: Deliveries;
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
    this.#deliveries = new Deliveries(around, keeping, this.ledger);
    this.outbox = this.#deliveries.outbox;
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
        this.#deliveries.acknowledge(frame.clientId, frame.seq);
        break;
      case 'slow_down':
        if (frame.clientId) this.outbox.hold(frame.clientId, now + frame.waitMs);
        else this.#wish.again(now + frame.waitMs);
        break;
      case 'error':
        this.#deliveries.refuse(frame.clientId || this.#guilty(frame.code), frame.code, frame.isPassing);
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
  write(text: string, line: Partial<Pending>): void {
    this.#deliveries.write(text, line);
    this.#go();
  }

  retry(clientId: string): void {
    this.#deliveries.retry(clientId);
    this.#go();
  }

  discard(clientId: string): void {
    this.#deliveries.discard(clientId);
    this.#go();
  }

  choose(language: Language): void {
    this.#wish.choose(language);
    this.language = language;
    if (this.#isAdmitted) this.#keeping.change({ language });
    this.#go();
  }

  /** Of a first conversation; what was chosen counts more. */
  suggest(language: Language): void {
    this.#firstLanguage = language;
    if (this.ledger.conversation || this.#wish.language) return;
    this.language = (this.#isAdmitted && this.#keeping.read().language) || language;
    this.#changed();
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
    this.#deliveries.admit();
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
    this.#deliveries.hide();
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
    this.#deliveries.merge(kept.pending);
    if (hasMoved || kept.seen > this.seen) this.seen = kept.seen;
    this.#go();
    return hasMoved;
  }

  #keep(conversation: string | null): void {
    this.#kept = conversation;
    this.seen = 0;
    this.#keeping.change({ conversation, seen: 0 });
  }

  /** Into another conversation, or a new one: what was shown is left, lines not sent yet come along. */
  #move(conversation: string | null): void {
    this.#deliveries.move();
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
    this.#deliveries.settle(clientId, line.seq);
    this.presence.said(line.author);
  }

  #followStatus(): void {
    const { status } = this.ledger;
    this.presence.follow(status);
    this.#wish.confirm(status?.language);
    this.language = this.#wish.language ?? status?.language ?? this.language;
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
    const line = this.#deliveries.take(now, this.characters);
    if (!line) return;
    this.#flyingUntil = now + ANSWER_MS;
    link.send(sendFrame(line));
  }
}
