// Frames over a WebSocket.

import { type Fields, type Frame, readFrame } from './frames.ts';
import type { Socket, Surroundings } from './surroundings.ts';
import { AWAKE_PATIENCE_MS, type Ears, PATIENCE_MS, type Transport } from './transport.ts';

/** After this silence the desk is asked whether it is there: a dead connection does not say so by itself. */
export const SILENCE_MS = 25_000;
/** A timer that is this late was asleep. */
const LATE_MS = 5000;

export class SocketTransport implements Transport {
  readonly #around: Surroundings;
  readonly #url: string;
  readonly #hello: Fields;
  readonly #ears: Ears;
  #socket: Socket | null = null;
  #isOver = false;
  #callOff = () => {};

  constructor(around: Surroundings, url: string, hello: Fields, ears: Ears) {
    this.#around = around;
    this.#url = url;
    this.#hello = hello;
    this.#ears = ears;
  }

  start(): void {
    this.#expect(PATIENCE_MS);
    try {
      this.#socket = this.#around.socket(this.#url, {
        opened: () => this.send(this.#hello),
        said: (text) => this.#said(text),
        closed: () => this.#end(),
      });
    } catch {
      // The page's policy may forbid it; nobody is told before they have this transport in hand.
      this.#expect(0);
    }
  }

  send(frame: Fields): boolean {
    try {
      this.#socket?.send(JSON.stringify(frame));
      return this.#socket !== null;
    } catch {
      return false;
    }
  }

  check(): void {
    this.#ping(AWAKE_PATIENCE_MS);
  }

  close(): void {
    this.#isOver = true;
    this.#callOff();
    this.#socket?.close();
  }

  #said(text: string): void {
    this.#later(SILENCE_MS, (lateMs) => this.#ping(lateMs > LATE_MS ? AWAKE_PATIENCE_MS : PATIENCE_MS));
    const frame = decode(text);
    if (frame) this.#ears.heard(frame);
  }

  #ping(patience: number): void {
    this.send({ type: 'ping' });
    this.#expect(patience);
  }

  #expect(ms: number): void {
    this.#later(ms, () => this.#end());
  }

  #end(): void {
    if (this.#isOver) return;
    this.close();
    this.#ears.gone();
  }

  /** One thing is waited for at a time. */
  #later(ms: number, run: (lateMs: number) => void): void {
    this.#callOff();
    const due = this.#around.now() + ms;
    this.#callOff = this.#around.later(() => run(this.#around.now() - due), ms);
  }
}

function decode(text: string): Frame | null {
  try {
    return readFrame(JSON.parse(text));
  } catch {
    return null;
  }
}
