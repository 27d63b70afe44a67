// The ledger of the desk that the tests talk to: conversations, and what a viewer has not seen of them.

export type Frame = Record<string, unknown>;

export class Talk {
  readonly id: string;
  readonly person: string;
  readonly messages: Frame[] = [];
  readonly acks = new Map<string, Frame>();
  readonly buttons = new Set<string>();
  speaker = 'assistant';
  agent: string | null = null;
  language = 'en';
  thinking = false;
  version = 1;
  position: number | null = null;
  readonly #viewers = new Set<() => void>();

  constructor(id: string, person: string) {
    this.id = id;
    this.person = person;
  }

  get texts(): unknown[] {
    return this.messages.map(({ text }) => text);
  }

  says(author: string, text: string, extras: Frame = {}): number {
    const seq = this.messages.length + 1;
    this.messages.push({ type: 'message', seq, author, text, at: '2026-01-05T09:00:00+00:00', ...extras });
    this.#bump();
    return seq;
  }

  offers(text: string, ...buttons: string[]): void {
    for (const id of buttons) this.buttons.add(id);
    this.says('assistant', text, { buttons: buttons.map((id) => ({ id, title: id })) });
  }

  become(changes: { speaker?: string; agent?: string | null; language?: string; thinking?: boolean }): void {
    Object.assign(this, changes);
    this.#bump();
  }

  queue(position: number): void {
    this.position = position;
    this.ring();
  }

  /** Record a line, once; the answer. */
  take({ client_id: clientId, text, button, file }: Frame): Frame {
    const id = String(clientId);
    const before = this.acks.get(id);
    if (before) return { ...before, duplicate: true };
    if (button !== undefined && !this.buttons.delete(String(button))) {
      return { type: 'error', code: 'button_refused', detail: '', client_id: id };
    }
    const extras = { client_id: id, ...(file ? { file: { id: file, name: 'a.png' } } : {}) };
    const ack = { type: 'ack', client_id: id, seq: this.messages.length + 1, turn: 1, duplicate: false };
    this.acks.set(id, ack);
    this.says('person', String(text ?? button ?? ''), extras);
    return ack;
  }

  status(): Frame {
    const { version, speaker, agent, language, thinking } = this;
    return { version, last_seq: this.messages.length, speaker, agent, language, thinking, turns_done: 0 };
  }

  news(since: number, version: number): Frame[] {
    const status = this.version > version ? [{ type: 'status', ...this.status() }] : [];
    return [...this.messages.slice(since), ...status];
  }

  watch(viewer: () => void): () => void {
    this.#viewers.add(viewer);
    return () => this.#viewers.delete(viewer);
  }

  ring(): void {
    for (const viewer of [...this.#viewers]) viewer();
  }

  #bump(): void {
    this.version++;
    this.ring();
  }
}
