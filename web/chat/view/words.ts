// The words and dates of one language, for whatever shows them.

import { fill, type Language, type Texts } from '../../texts/texts.ts';

export type Key = keyof Texts;

// Dates as the browser's own region writes them; else as Europe does.
const REGION = { en: 'en-GB', fr: 'fr-FR' } as const;

export class Words {
  readonly language: Language;
  readonly #texts: Texts;
  readonly #clock: Intl.DateTimeFormat;
  readonly #calendar: Intl.DateTimeFormat;

  constructor(language: Language, texts: Texts) {
    this.language = language;
    this.#texts = texts;
    const region = navigator.languages.find((code) => code.startsWith(language)) ?? REGION[language];
    this.#clock = new Intl.DateTimeFormat(region, { hour: '2-digit', minute: '2-digit' });
    this.#calendar = new Intl.DateTimeFormat(region, { day: 'numeric', month: 'long', year: 'numeric' });
  }

  say(key: Key, values?: Record<string, string | number>): string {
    return fill(this.#texts[key], values);
  }

  /** A text whose key is put together from what the desk says; `other` where the desk knows a word more. */
  of(prefix: string, name: string | null, other: Key): string {
    const key = `${prefix}${name ?? ''}`;
    return key in this.#texts ? this.#texts[key as Key] : this.#texts[other];
  }

  time(at: Date): string {
    return this.#clock.format(at);
  }

  day(at: Date, now = new Date()): string {
    const days = Math.round((midnight(now) - midnight(at)) / 86_400_000);
    if (days === 0) return this.say('today');
    return days === 1 ? this.say('yesterday') : this.#calendar.format(at);
  }

  /** `51 kB`. */
  kilobytes(bytes: number): string {
    return Math.ceil(bytes / 1000).toLocaleString(this.language, { style: 'unit', unit: 'kilobyte' });
  }

  /** `17 March 2027, 09:30`. */
  moment(at: Date): string {
    return `${this.#calendar.format(at)}, ${this.time(at)}`;
  }
}

function midnight(at: Date): number {
  return new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
}
