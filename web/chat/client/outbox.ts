// Lines on their way, in the order they were written; each keeps its id however often it is sent. Pure.

import type { Pending } from './types.ts';

/** How often a line is sent again that the desk could not keep, before the person is asked. */
const TRIES = 8;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 10_000;

interface Line {
  shown: Pending;
  /** Its place on file, from the acknowledgement until the desk shows it. */
  seq: number | null;
  tries: number;
  /** Another tab sends it; this one only when that did not help by then. */
  notBefore: number;
}

export class Outbox {
  #lines: Line[] = [];
  #flying: Line | null = null;
  /** What the desk asked to wait until, for every line. */
  #heldUntil = 0;

  /** A new array every time. */
  get pending(): readonly Pending[] {
    return this.#lines.map(({ shown }) => shown);
  }

  get flying(): Pending | null {
    return this.#flying?.shown ?? null;
  }

  get heldUntil(): number {
    return this.#heldUntil;
  }

  /** The lines that the desk has not acknowledged. */
  get unsettled(): readonly Pending[] {
    return this.#lines.filter(({ seq }) => seq === null).map(({ shown }) => shown);
  }

  add(shown: Pending, notBefore = 0): void {
    if (!this.#find(shown.clientId)) this.#lines.push({ shown, seq: null, tries: 0, notBefore });
  }

  /** The next line to transmit; one at a time, so that none overtakes another. */
  take(now: number): Pending | null {
    if (this.#flying || now < this.#heldUntil) return null;
    this.#flying = this.#waiting().find(({ notBefore }) => notBefore <= now) ?? null;
    return this.flying;
  }

  /** When `take` may give a line that it does not give now; Infinity for not by waiting. */
  dueAt(now: number): number {
    const waiting = this.#flying ? [] : this.#waiting();
    return Math.max(Math.min(...waiting.map(({ notBefore }) => notBefore)), this.#heldUntil, now);
  }

  /** The connection broke: what has no answer goes again. */
  lost(): void {
    this.#flying = null;
  }

  /** The desk has it; the line stays until the desk shows it. */
  acknowledge(clientId: string, seq: number, lastShown: number): void {
    const line = this.#land(clientId);
    if (line && seq <= lastShown) this.remove(clientId);
    else if (line) line.seq = seq;
  }

  /** The desk shows a line: it is not pending any more, whichever came first. */
  settle(clientId: string | null, seq: number): string | null {
    const line = this.#lines.find(({ shown, seq: place }) => shown.clientId === clientId || place === seq);
    return line ? this.remove(line.shown.clientId) : null;
  }

  remove(clientId: string): string {
    this.#land(clientId);
    this.#lines = this.#lines.filter(({ shown }) => shown.clientId !== clientId);
    return clientId;
  }

  /** Not recorded: the same again after the wait. */
  hold(clientId: string, until: number): void {
    this.#land(clientId);
    this.#heldUntil = Math.max(this.#heldUntil, until);
  }

  /** The desk could not keep it just now; what to show when it was tried often enough. */
  postpone(clientId: string, why: string, now: number): Pending | null {
    const line = this.#land(clientId);
    if (!line || ++line.tries >= TRIES) return this.fail(clientId, why);
    this.hold(clientId, now + Math.min(FIRST_PAUSE_MS * 2 ** (line.tries - 1), LONGEST_PAUSE_MS));
    return null;
  }

  /** Not sent, and why; the person may try again. Gives what to show instead. */
  fail(clientId: string, why: string): Pending | null {
    const line = this.#land(clientId);
    return line?.seq === null ? this.#change(line, 'failed', why) : null;
  }

  retry(clientId: string): Pending | null {
    const line = this.#find(clientId);
    return line ? this.#change(line, 'sending', null) : null;
  }

  /** A line is in that state in another tab. */
  align({ clientId, state, why }: Pending): void {
    const line = this.#find(clientId);
    if (line && line !== this.#flying && line.seq === null) this.#change(line, state, why);
  }

  /** Other tabs are done with the rest: forgets their lines and failed ones, gives our own that nobody may lose. */
  missingFrom(clientIds: readonly string[]): readonly Pending[] {
    const isGone = ({ shown, seq, notBefore }: Line) =>
      !clientIds.includes(shown.clientId) && seq === null && (notBefore > 0 || shown.state === 'failed');
    for (const line of this.#lines.filter(isGone)) this.remove(line.shown.clientId);
    return this.unsettled.filter(({ clientId }) => !clientIds.includes(clientId));
  }

  /** The ledger is another: what it has not shown may not be in it. */
  doubt(): void {
    for (const line of this.#lines) line.seq = null;
  }

  /** Into another conversation: what is on file stays behind, and so do buttons and pictures, of which it knows nothing. */
  move(): { left: readonly string[]; changed: readonly Pending[] } {
    const stays = this.#lines.filter(({ shown, seq }) => shown.button || seq !== null);
    const left = stays.map(({ shown }) => this.remove(shown.clientId));
    const pictured = this.#lines.filter(({ shown }) => shown.file);
    return { left, changed: pictured.map((line) => this.#withoutPicture(line)) };
  }

  clear(): void {
    this.#lines = [];
    this.#flying = null;
    this.#heldUntil = 0;
  }

  #waiting(): Line[] {
    return this.#lines.filter(({ shown, seq }) => shown.state === 'sending' && seq === null);
  }

  #find(clientId: string): Line | undefined {
    return this.#lines.find(({ shown }) => shown.clientId === clientId);
  }

  /** An answer came: the next may go. */
  #land(clientId: string): Line | undefined {
    if (this.#flying?.shown.clientId === clientId) this.#flying = null;
    return this.#find(clientId);
  }

  /** The words go alone; where there are none, the person is told. */
  #withoutPicture(line: Line): Pending {
    if (!line.shown.text) return this.#change(line, 'failed', 'picture_not_found');
    line.shown = { ...line.shown, file: null };
    return line.shown;
  }

  #change(line: Line, state: Pending['state'], why: string | null): Pending {
    if (state === 'failed') line.tries = 0;
    line.shown = { ...line.shown, state, why };
    return line.shown;
  }
}
