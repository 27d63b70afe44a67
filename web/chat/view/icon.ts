import { drawing } from './dom.ts';
import { ICONS, type IconName } from './icons.ts';

/** One of our pictures; what it means is said by the button around it. */
export function icon(name: IconName): SVGElement {
  const svg = drawing(ICONS[name]);
  svg.classList.add('icon');
  return svg;
}
