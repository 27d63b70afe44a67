/** Why something asked of the desk was not done. */

export class ChatError extends Error {
  /** One of the protocol's codes, or `unreachable`, `slow_down`, `identity_required`. */
  readonly code: string;
  /** How long to wait before the same may be asked again, in milliseconds; 0 when nothing was said. */
  readonly waitMs: number;

  constructor(code: string, waitMs = 0) {
    super(code);
    this.name = 'ChatError';
    this.code = code;
    this.waitMs = waitMs;
  }
}
