// The page around the frame: its one allowed origin, checked both ways (TRUST WW-5).

import { type Look, readForFrame, type ToFrame, type ToHost, wrapped } from '../shared/messages.ts';

const PATIENCE_MS = 5_000;

export class Host {
  readonly origin: string | null;
  readonly #waiting = new Map<number, (answer: ToFrame & { type: 'identity' }) => void>();
  #last = 0;

  /** `origin` is null in a window of our own: then there is nobody to talk to. */
  constructor(origin: string | null, heard: (message: ToFrame) => void) {
    this.origin = origin;
    if (origin === null) return;
    addEventListener('message', (event: MessageEvent) => {
      if (event.origin !== origin || event.source !== parent) return;
      const message = readForFrame(event.data);
      if (message?.type === 'identity') this.#waiting.get(message.id)?.(message);
      else if (message) heard(message);
    });
  }

  tell(message: ToHost): void {
    if (this.origin !== null) parent.postMessage(wrapped(message), this.origin);
  }

  look(look: Look): void {
    this.tell({ type: 'look', look });
  }

  /** A fresh signed identity from the host's back end; null when nobody is signed in there. */
  identity(): Promise<string | null> {
    if (this.origin === null) return Promise.resolve(null);
    this.#last += 1;
    const id = this.#last;
    return new Promise<string | null>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('the host did not answer')), PATIENCE_MS);
      this.#waiting.set(id, ({ token, failed }) => {
        clearTimeout(timer);
        if (failed) reject(new Error('the host has no answer'));
        else resolve(token);
      });
      this.tell({ type: 'identity', id });
    }).finally(() => this.#waiting.delete(id));
  }
}
