// Which transport to take: a socket, unless the way to the desk does not let sockets live. Pure.

/** Sockets that never got as far as a welcome, one after the other, before polling is tried. */
const FAILURES = 2;
/** So many sockets in a row cut at the same age: something on the way has a clock. */
const SAME_AGE = 3;
const SHORTEST_MS = 3000;
const LONGEST_MS = 70_000;
const SPREAD_MS = 1000;
/** While polling, a socket is tried again after this. */
const TRY_AGAIN_MS = 300_000;
/** The same when the desk had been away: the sockets may have failed for that alone. */
const TRY_SOON_MS = 5000;

export class Way {
  #failures = 0;
  #ages: number[] = [];
  #wasAway = false;

  get isPolling(): boolean {
    return this.#failures >= FAILURES;
  }

  /** A socket ended before the desk welcomed us. */
  failed(): void {
    this.#failures++;
  }

  /** A socket was welcomed. */
  worked(): void {
    this.#failures = 0;
    this.#wasAway = false;
  }

  /** A socket broke at this age. */
  died(ageMs: number): void {
    this.#ages = [...this.#ages, ageMs].slice(-SAME_AGE);
    const [least, most] = [Math.min(...this.#ages), Math.max(...this.#ages)];
    const isSame = most - least < SPREAD_MS && least >= SHORTEST_MS && most < LONGEST_MS;
    if (this.#ages.length < SAME_AGE || !isSame) return;
    this.#failures = FAILURES;
    this.#ages = [];
  }

  /** There is no contact at all: that is no fault of sockets, so the next attempt is one. */
  away(): void {
    this.#wasAway = true;
    this.#failures = Math.min(this.#failures, FAILURES - 1);
  }

  /** Polling works; when to try a socket beside it. */
  polled(): number {
    const wasAway = this.#wasAway;
    this.#wasAway = false;
    return wasAway ? TRY_SOON_MS : TRY_AGAIN_MS;
  }

  /** The network is another one. */
  reset(): void {
    this.#failures = 0;
    this.#ages = [];
  }
}
