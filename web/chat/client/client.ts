// The chat as the views see it: one conversation with the desk, whatever happens to page, network and desk.

import { Connection } from './connection.ts';
import { Conversation } from './conversation.ts';
import { Desk } from './desk.ts';
import { ChatError } from './errors.ts';
import { fields, readPicture } from './frames.ts';
import { Keeping } from './keeping.ts';
import { Session } from './session.ts';
import { type Happening, type Progress, type Surroundings, theBrowser } from './surroundings.ts';
import { readChange, readDetails, readTickets } from './tickets.ts';
import type {
  Button,
  Chat,
  ChatState,
  ClientOptions,
  Language,
  Picture,
  Ticket,
  TicketChange,
  TicketDetails,
} from './types.ts';

const TYPING_MS = 3000;

export class ChatClient implements Chat {
  readonly #around: Surroundings;
  readonly #desk: Desk;
  readonly #options: ClientOptions;
  readonly #keeping: Keeping;
  readonly #session: Session;
  readonly #conversation: Conversation;
  readonly #connection: Connection;
  readonly #listeners = new Set<(state: ChatState) => void>();
  readonly #unwatch: () => void;
  #state: ChatState | null = null;
  #isTold = true;
  #typedAt = 0;

  constructor(options: ClientOptions, around: Surroundings = theBrowser()) {
    const changed = () => this.#changed();
    this.#options = options;
    this.#around = around;
    this.#desk = new Desk(around, options.url);
    this.#keeping = new Keeping(around, options.site);
    this.#conversation = new Conversation(
      around,
      this.#keeping,
      options.language,
      () => this.#connection,
      changed,
    );
    this.#session = new Session(around, this.#desk, this.#keeping, options, this.#conversation);
    this.#connection = new Connection(
      around,
      this.#desk,
      this.#session,
      this.#conversation,
      options.site,
      () => this.#connectionChanged(),
    );
    this.#unwatch = around.watch((happening) => this.#happened(happening));
  }

  get state(): ChatState {
    this.#state ??= this.#snapshot();
    return this.#state;
  }

  subscribe(listener: (state: ChatState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  open(): void {
    this.#session.mayOpen = true;
    this.#keeping.allow();
    this.#connection.start();
  }

  resume(): boolean {
    if (!this.#session.isKept) return false;
    this.#keeping.allow();
    this.#connection.start();
    return true;
  }

  send(text: string, file?: Picture): void {
    if (!text.trim() && !file) return;
    if (text.trim() === this.#conversation.draft.text.trim()) this.keepDraft('');
    this.#conversation.write(text, { file: file ?? null });
  }

  press({ id, title }: Button): void {
    this.#conversation.write(title, { button: id });
  }

  typing(): void {
    const now = this.#around.now();
    if (now - this.#typedAt < TYPING_MS || !this.#connection.send({ type: 'typing' })) return;
    this.#typedAt = now;
  }

  setLanguage(language: Language): void {
    this.#conversation.choose(language);
  }

  suggestLanguage(language: Language): void {
    this.#conversation.suggest(language);
  }

  restart(): void {
    this.#conversation.restart();
  }

  retry(clientId: string): void {
    this.#conversation.retry(clientId);
  }

  discard(clientId: string): void {
    this.#conversation.discard(clientId);
  }

  keepDraft(text: string): void {
    this.#conversation.keepDraft(text);
  }

  markSeen(): void {
    this.#conversation.markSeen();
  }

  async leave(): Promise<void> {
    const { token } = this.#keeping.read();
    this.#forget();
    this.#keeping.forget();
    if (token) await this.#desk.leave(token);
  }

  identityChanged(): void {
    const isNobodyHere = this.#connection.phase === 'idle' && !this.#session.isKept;
    if (!this.#options.identity || isNobodyHere) return;
    this.#conversation.hide();
    this.#session.reset();
    this.#connection.move();
  }

  async tickets(): Promise<readonly Ticket[]> {
    return readTickets(await this.#ask('tickets', {}));
  }

  async ticket(number: string): Promise<TicketDetails> {
    return readDetails(await this.#ask('ticket', { number }));
  }

  async replyTicket(number: string, clientId: string, text: string): Promise<TicketChange> {
    return readChange(await this.#ask('ticket/reply', { number, client_id: clientId, text }));
  }

  async reopenTicket(number: string, clientId: string, text: string): Promise<TicketChange> {
    return readChange(await this.#ask('ticket/reopen', { number, client_id: clientId, text }));
  }

  async upload(file: Blob, name: string, onProgress: Progress = () => {}): Promise<Picture> {
    const { conversation } = this.state;
    if (!conversation) throw new ChatError('unreachable');
    const path = `file?conversation=${conversation}&name=${encodeURIComponent(name)}`;
    const answer = await this.#authorised((token) => this.#desk.upload(path, token, file, onProgress));
    const picture = readPicture(fields(answer)['file']);
    if (!picture) throw new ChatError('unreachable');
    return picture;
  }

  picture(id: string): Promise<Blob> {
    return this.file(`file/${encodeURIComponent(id)}`);
  }

  file(path: string): Promise<Blob> {
    return this.#authorised((token) => this.#desk.blob(path, token));
  }

  close(): void {
    this.#unwatch();
    this.#conversation.draft.save();
    this.#forget();
    this.#listeners.clear();
  }

  #ask(path: string, asked: Record<string, string>): Promise<unknown> {
    const { language } = this.#conversation;
    const body = { ...asked, ...(language && { language }) };
    return this.#authorised((token) => this.#desk.post(path, { token, body }));
  }

  /** With this session, or once more with the next one when the desk refuses it. */
  async #authorised<T>(ask: (token: string) => Promise<T>): Promise<T> {
    const token = await this.#tokenOf(this.#session.whose);
    const { whose } = this.#session;
    try {
      return await ask(token);
    } catch (error) {
      if ((error as ChatError).code !== 'visitor_refused') throw error;
      this.#connection.refused(token);
      return ask(await this.#tokenOf(whose));
    }
  }

  /** What one person asked is not asked on behalf of the next. */
  async #tokenOf(whose: string | null): Promise<string> {
    const token = await this.#session.ask();
    if (whose && whose !== this.#session.whose) throw new ChatError('nobody');
    return token;
  }

  #happened(happening: Happening): void {
    switch (happening) {
      case 'online':
        return this.#connection.networkCame();
      case 'offline':
        return this.#connection.networkWent();
      case 'visible':
        return this.#connection.hurry();
      case 'hidden':
        return this.#conversation.draft.save();
      case 'stored':
        return this.#follow();
    }
  }

  /** Two tabs of one site end equal: what one keeps, the other takes over. */
  #follow(): void {
    const kept = this.#keeping.read();
    const { token, who } = this.#session;
    const isHere = this.#connection.phase !== 'idle';
    if (!kept.token) {
      // The other tab left.
      if (token) this.#forget();
      return;
    }
    if (!isHere || (token && kept.token !== token && kept.who !== who)) {
      this.#forget();
      this.#session.isFollowing = true;
      this.#keeping.allow();
      return this.#connection.start();
    }
    const hasMoved = this.#conversation.follow(kept);
    if (token && (kept.token !== token || hasMoved)) this.#connection.move();
  }

  /** Here, not on the device. */
  #forget(): void {
    this.#session.reset();
    this.#session.mayOpen = false;
    this.#connection.stop();
  }

  #connectionChanged(): void {
    if (this.#connection.phase === 'idle') this.#conversation.hide();
    this.#changed();
  }

  /** Tell the views, once for what changes together. */
  #changed(): void {
    this.#state = null;
    if (!this.#isTold) return;
    this.#isTold = false;
    queueMicrotask(() => {
      this.#isTold = true;
      for (const listener of this.#listeners) listener(this.state);
    });
  }

  #snapshot(): ChatState {
    const { ledger, outbox, presence, seen, draft, characters, language } = this.#conversation;
    const { speaker = 'assistant', agent = null, thinking = false } = ledger.status ?? {};
    return {
      phase: this.#connection.phase,
      refusal: this.#connection.refusal,
      lines: ledger.lines,
      pending: outbox.pending,
      speaker,
      agent,
      language,
      thinking,
      isBehind: ledger.isBehind,
      typing: presence.typing,
      position: presence.position,
      conversation: ledger.conversation,
      person: this.#session.person,
      characters,
      unread: ledger.unread(seen),
      seen,
      draft: draft.text,
      waitMs: Math.max(outbox.heldUntil - this.#around.now(), 0),
    };
  }
}
