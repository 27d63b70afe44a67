import { en, type Texts } from './en.ts';
import { fr } from './fr.ts';

export type { Texts };
export type Language = 'en' | 'fr';
export const LANGUAGES: Record<Language, { texts: Texts; name: string }> = {
  en: { texts: en, name: 'English' },
  fr: { texts: fr, name: 'Français' },
};

/** Whether this is a language the widget speaks: `fr-CA` is French. */
export function spoken(code: string | null | undefined, among: readonly string[]): Language | null {
  const short = (code ?? '').slice(0, 2).toLowerCase();
  return among.includes(short) && short in LANGUAGES ? (short as Language) : null;
}

/** A text with its values; one that is missing stays visible. */
export function fill(text: string, values: Record<string, string | number> = {}): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
