// Why something asked of the desk was not done.

const PASSING = ['unreachable', 'slow_down', 'too_many_sockets', 'not_saved', 'internal'];

/** `code` is one of the protocol's, or `unreachable`, `slow_down`, `identity_required`, `nobody` (no session). */
export class ChatError extends Error {
  readonly code: string;
  /** How long to wait before the same may be asked again, in milliseconds; 0 when nothing was said. */
  readonly waitMs: number;
  /** Whether the same may be asked again. */
  readonly isPassing: boolean;

  constructor(code: string, waitMs = 0, isPassing = false) {
    super(code);
    this.code = code;
    this.waitMs = waitMs;
    this.isPassing = isPassing || PASSING.includes(code);
  }
}
