// One conversation as this tab knows it: takes the desk's frames, sends what waits, keeps what must not be lost.

import { ANSWER_MS } from './desk.ts';
import type { Fields, Frame, Message, Status, Welcome } from './frames.ts';
import type { Keeping, Kept } from './keeping.ts';
import { Ledger } from './ledger.ts';
import { Outbox } from './outbox.ts';
import type { Surroundings } from './surroundings.ts';
import type { ChatState, Language, Pending } from './types.ts';

/** How long the desk may take to send what its status already speaks of, before it is asked. */
const ASK_AGAIN_MS = 1000;
const SLOWEST_ASKING = 5;
/** Another tab has this long to send its own line, before this one does. */
const OTHER_TAB_MS = 10_000;
const DRAFT_MS = 400;

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
  characters = 4000;
  seen = 0;
  draft = '';
  typing: ChatState['typing'] = null;
  position: number | null = null;
  /** What was chosen last, or spoken last. */
  language: Language | null;
  readonly #around: Surroundings;
  readonly #keeping: Keeping;
  readonly #link: () => Link;
  readonly #changed: () => void;
  readonly #firstLanguage: Language | null;
  #isAdmitted = false;
  #isNew = false;
  #isLeaving = false;
  /** The conversation that is kept: a tab that begins another one tells the others so. */
  #kept: string | null = null;
  /** A language that the desk was not told yet, or has not confirmed. */
  #wish: { language: Language; isSent: boolean; notBefore: number } | null = null;
  #flyingUntil = 0;
  #missing = '';
  #asked = 0;
  #askAt = 0;
  #callOff = () => {};
  #forgetDraft = () => {};

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
  }

  // What the connection says and asks

  hello(): Fields {
    const { conversation, epoch, last } = this.ledger;
    if (conversation && epoch) return { type: 'hello', conversation, epoch, since: last };
    if (conversation) return { type: 'hello', conversation };
    return {
      type: 'hello',
      ...(this.#isNew && { new: true }),
      ...(this.language && { language: this.language }),
    };
  }

  place(): Fields {
    const { conversation, epoch, last, status } = this.ledger;
    const version = status?.version ?? 0;
    return { conversation, epoch, since: last, version, position: this.position ?? 0 };
  }

  welcomed(frame: Welcome): void {
    if (!this.ledger.enter(frame)) this.outbox.doubt();
    this.#isNew = false;
    this.characters = frame.characters ?? this.characters;
    if (this.#kept !== frame.conversation) this.#keep(frame.conversation);
    this.seen = Math.min(this.seen, frame.lastSeq);
    this.#noteStatus();
    this.#missing = '';
    this.#go();
  }

  heard(frame: Frame): void {
    switch (frame.type) {
      case 'message':
        for (const message of this.ledger.take(frame)) this.#show(message);
        break;
      case 'status':
        this.#status(frame.status);
        break;
      case 'ack':
        this.ledger.hearOf(frame.seq);
        this.outbox.acknowledge(frame.clientId, frame.seq, this.ledger.last);
        this.#keeping.dropLine(frame.clientId);
        break;
      case 'slow_down':
        this.#slowDown(frame.clientId, this.#around.now() + frame.waitMs);
        break;
      case 'error':
        this.#error(frame.clientId || this.#guilty(frame.code), frame.code, frame.isPassing);
        break;
      case 'typing':
        if (frame.author !== 'person')
          this.typing = { author: frame.author, until: this.#around.now() + frame.ms };
        break;
      case 'queue':
        this.position = this.ledger.status?.speaker === 'waiting' ? frame.position : null;
        break;
      case 'reload':
        this.ledger.forget();
        this.outbox.doubt();
    }
    this.#go();
  }

  wentDown(): void {
    this.outbox.lost();
    this.typing = null;
    if (this.#wish) this.#wish.isSent = false;
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
  write(text: string, changes: Partial<Pending>): void {
    const at = new Date(this.#around.now()).toISOString();
    const line: Pending = {
      clientId: this.#around.id(),
      text,
      button: null,
      file: null,
      state: 'sending',
      why: null,
      at,
      ...changes,
    };
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
    this.language = language;
    if (this.#isAdmitted) this.#keeping.change({ language });
    this.#wish = { language, isSent: false, notBefore: 0 };
    this.#go();
  }

  /** Kept soon after, since it is called with every key. */
  keepDraft(draft: string): void {
    this.draft = draft;
    this.#forgetDraft();
    this.#forgetDraft = this.#around.later(() => this.saveDraft(), DRAFT_MS);
    this.#changed();
  }

  saveDraft(): void {
    this.#forgetDraft();
    if (this.#isAdmitted && this.#keeping.read().draft !== this.draft)
      this.#keeping.change({ draft: this.draft });
  }

  /** A new conversation, as soon as a line that is on its way to this one has its answer. */
  restart(): void {
    this.#isLeaving = true;
    this.#go();
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
    this.draft ||= kept.draft;
    this.language = this.#wish?.language ?? kept.language ?? this.language;
    this.#keeping.change({ draft: this.draft, language: this.#wish?.language ?? kept.language });
    this.#changed();
  }

  /** Nothing is shown to whoever is there now. */
  hide(): void {
    this.#isAdmitted = this.#isNew = this.#isLeaving = false;
    this.#leave(null);
    this.outbox.clear();
    this.#kept = this.#wish = null;
    this.#forgetDraft();
    this.draft = '';
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

  /** Into another conversation, or a new one: what was shown is left, lines on their way come along. */
  #move(conversation: string | null): void {
    for (const clientId of this.outbox.move()) this.#keeping.dropLine(clientId);
    this.#leave(conversation);
  }

  #leave(conversation: string | null): void {
    this.ledger.forget();
    this.ledger.conversation = conversation;
    this.seen = 0;
    this.typing = this.position = null;
  }

  // The frames

  #show({ line, clientId }: Message): void {
    const settled = this.outbox.settle(clientId, line.seq);
    if (settled) this.#keeping.dropLine(settled);
    if (this.typing?.author === line.author) this.typing = null;
  }

  #status(status: Status): void {
    const before = this.ledger.status?.speaker;
    if (!this.ledger.update(status)) return;
    if (before !== status.speaker) this.typing = null;
    this.#noteStatus();
  }

  #noteStatus(): void {
    const { status } = this.ledger;
    if (status?.speaker !== 'waiting') this.position = null;
    if (this.#wish?.isSent && this.#wish.language === status?.language) this.#wish = null;
    this.language = this.#wish?.language ?? status?.language ?? this.language;
  }

  #slowDown(clientId: string, until: number): void {
    if (clientId) this.outbox.hold(clientId, until);
    else if (this.#wish) this.#wish = { ...this.#wish, isSent: false, notBefore: until };
  }

  #error(clientId: string, code: string, isPassing: boolean): void {
    const { outbox } = this;
    this.#keepLine(
      isPassing ? outbox.postpone(clientId, code, this.#around.now()) : outbox.fail(clientId, code),
    );
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
    if (this.#isLeaving && !this.outbox.flying) {
      this.#isLeaving = false;
      this.#isNew = true;
      this.#move(null);
      link.moveIfOpen();
    }
    if (this.typing && this.typing.until <= now) this.typing = null;
    this.#changed();
    if (link.isUp && this.outbox.flying && this.#flyingUntil <= now) return link.fail();
    const dueAt = [
      this.typing?.until ?? Infinity,
      this.outbox.heldUntil > now ? this.outbox.heldUntil : Infinity,
    ];
    if (link.isUp)
      dueAt.push(this.#sendLine(link, now), this.#askForMissing(link, now), this.#sendWish(link, now));
    this.#callOff();
    const next = Math.min(...dueAt);
    if (next < Infinity) this.#callOff = this.#around.later(() => this.#go(), Math.max(next - now, 0));
  }

  /** Each of these does what is due and gives when it is due again. */
  #sendLine(link: Link, now: number): number {
    let line = this.outbox.take(now);
    while (line && [...line.text].length > this.characters) {
      this.#keepLine(this.outbox.fail(line.clientId, 'message_too_long'));
      line = this.outbox.take(now);
    }
    if (line) {
      this.#flyingUntil = now + ANSWER_MS;
      link.send(sendFrame(line));
    }
    return this.outbox.flying ? this.#flyingUntil : this.outbox.dueAt(now);
  }

  /** A hole is asked for at once; what the status speaks of gets a moment to arrive by itself. */
  #askForMissing(link: Link, now: number): number {
    const { hasHole, isBehind, last } = this.ledger;
    const missing = hasHole || isBehind ? `${last} ${hasHole}` : '';
    if (missing !== this.#missing) {
      this.#missing = missing;
      this.#asked = 0;
      this.#askAt = hasHole ? now : now + ASK_AGAIN_MS;
    }
    if (!missing) return Infinity;
    if (this.#askAt <= now) {
      link.send({ type: 'since', seq: last });
      this.#askAt = now + ASK_AGAIN_MS * 2 ** Math.min(this.#asked++, SLOWEST_ASKING);
    }
    return this.#askAt;
  }

  #sendWish(link: Link, now: number): number {
    const wish = this.#wish;
    if (!wish || wish.isSent) return Infinity;
    if (wish.notBefore > now) return wish.notBefore;
    wish.isSent = link.send({ type: 'language', language: wish.language });
    return Infinity;
  }
}

function sendFrame({ clientId, text, button, file }: Pending): Fields {
  const frame = { type: 'send', client_id: clientId };
  if (button) return { ...frame, button };
  return { ...frame, ...(text && { text }), ...(file && { file: file.id }) };
}
