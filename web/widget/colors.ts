// A site chooses one colour; what has to be read on it or in it stays readable (WCAG 2.2, 1.4.3). Pure.

export type Rgb = readonly [number, number, number];

export const BRAND = '#0b5cab';
export const READABLE = 4.5;

export function rgb(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

export function hex(color: Rgb): string {
  return `#${color.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;
}

/** WCAG's contrast ratio, 1 to 21. */
export function contrast(one: Rgb, other: Rgb): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** Black or white, whichever is read more easily on a colour. */
export function textOn(background: string): string {
  const white = contrast(rgb(background), [255, 255, 255]);
  return white >= READABLE || white >= contrast(rgb(background), [0, 0, 0]) ? '#ffffff' : '#000000';
}

/** The colour, as little lighter or darker as it takes to read it on every one of these backgrounds. */
export function readableOn(color: string, backgrounds: readonly string[]): string {
  const papers = backgrounds.map(rgb);
  const isDark = papers.every((paper) => luminance(paper) < 0.2);
  const target: Rgb = isDark ? [255, 255, 255] : [0, 0, 0];
  for (let share = 0; share <= 1; share += 0.05) {
    const mixed = rgb(color).map((part, at) => part + ((target[at] ?? 0) - part) * share) as unknown as Rgb;
    const rounded = rgb(hex(mixed));
    if (papers.every((paper) => contrast(rounded, paper) >= READABLE)) return hex(rounded);
  }
  return hex(target);
}

function luminance(color: Rgb): number {
  const [red, green, blue] = color.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
