// Two ways to carry the same frames (socket.ts, poll.ts), seen from the connection.

import type { Fields, Frame } from './frames.ts';

export interface Ears {
  heard(frame: Frame): void;
  /** It is over; said once, and not after `close`. */
  gone(): void;
}

export interface Transport {
  /** Say hello; the first that is heard is the answer. */
  start(): void;
  /** False when it cannot go out now. */
  send(frame: Fields): boolean;
  /** Find out at once whether the desk is still there. */
  check(): void;
  close(): void;
}

/** How long the desk may take to answer: at first, and after the page slept. */
export const PATIENCE_MS = 10_000;
export const AWAKE_PATIENCE_MS = 4000;
