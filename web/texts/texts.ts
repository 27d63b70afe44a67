import type { Texts } from './en.ts';

export type { Texts };
export type Language = 'en' | 'fr';

/** What each language calls itself. */
export const NAMES: Record<Language, string> = { en: 'English', fr: 'Français' };

/** The texts of a language, fetched when it is spoken: most people need one. */
export async function fetchTexts(language: Language): Promise<Texts> {
  return language === 'fr' ? (await import('./fr.ts')).fr : (await import('./en.ts')).en;
}

/** Whether this is a language the widget speaks: `fr-CA` is French. */
export function spoken(code: string | null | undefined, among: readonly string[]): Language | null {
  const short = (code ?? '').slice(0, 2).toLowerCase();
  return among.includes(short) && short in NAMES ? (short as Language) : null;
}

/** A text with its values; one that is missing stays visible. */
export function fill(text: string, values: Record<string, string | number> = {}): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
