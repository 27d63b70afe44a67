// A clock that goes when a test says so.

interface Timer {
  due: number;
  run: () => void;
}

export class Time {
  now = Date.UTC(2026, 0, 5, 9);
  #timers: Timer[] = [];

  later(run: () => void, ms: number): () => void {
    const timer = { due: this.now + Math.max(Math.round(ms), 0), run };
    this.#timers.push(timer);
    return () => this.#remove(timer);
  }

  /** Let so many milliseconds pass, with everything that is due on the way. */
  async pass(ms: number): Promise<void> {
    const end = this.now + Math.round(ms);
    await settled();
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#remove(next);
      this.now = Math.max(this.now, next.due);
      next.run();
      await settled();
    }
    this.now = end;
  }

  /** The machine sleeps: time passes, nothing runs; afterwards everything that was due is late. */
  async sleep(ms: number): Promise<void> {
    this.now += Math.round(ms);
    await this.pass(0);
  }

  #next(end: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.due <= end && (!first || timer.due < first.due)) first = timer;
    }
    return first;
  }

  #remove(timer: Timer): void {
    const place = this.#timers.indexOf(timer);
    if (place >= 0) this.#timers.splice(place, 1);
  }
}

/** Every promise that can go on has gone on. */
export function settled(): Promise<void> {
  return new Promise((done) => setImmediate(done));
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
