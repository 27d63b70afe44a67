// Text that came from somewhere becomes nodes (TRUST WW-8). One renderer for every author.

import { addressAt, isMisleading } from './addresses.ts';
import { h } from './dom.ts';
import { type Block, type Inline, parseMarkdown } from './markdown.ts';

/** A text of the assistant, an agent or the desk: the Markdown subset. */
export function formatted(text: string): HTMLElement {
  return h('div', { class: 'prose' }, ...parseMarkdown(text, location.origin).map(block));
}

/** A person's own text: every character as it was typed, addresses as links. A stack trace is no Markdown. */
export function verbatim(text: string): HTMLElement {
  const box = h('div', { class: 'prose verbatim' });
  let plain = '';
  for (let at = 0; at < text.length; ) {
    const address = /[\p{L}\p{N}]/u.test(text[at - 1] ?? ' ') ? null : addressAt(text, at, location.origin);
    if (address) box.append(plain, link(address, [address]));
    plain = address ? '' : plain + (text[at] ?? '');
    at += address ? address.length : 1;
  }
  box.append(plain);
  return box;
}

/** A link that tells the other side nothing and opens beside the conversation. */
export function link(href: string, children: (Node | string)[]): HTMLAnchorElement {
  return h('a', { href, target: '_blank', rel: 'noopener noreferrer', title: href }, ...children);
}

function block(found: Block): HTMLElement {
  switch (found.kind) {
    case 'code':
      return h('pre', { tabindex: 0 }, h('code', {}, found.text));
    case 'quote':
      return h('blockquote', {}, ...found.children.map(block));
    case 'heading':
      return h('p', { class: 'heading' }, ...inlines(found.children));
    case 'paragraph':
      return h('p', {}, ...inlines(found.children));
    case 'list': {
      const items = found.items.map((item) => h('li', {}, ...tight(item)));
      const start = found.isOrdered && found.start !== 1 ? found.start : null;
      return h(found.isOrdered ? 'ol' : 'ul', { start }, ...items);
    }
  }
}

/** An item of one paragraph needs none around it. */
function tight(item: Block[]): Node[] {
  const [first, ...rest] = item;
  if (first?.kind !== 'paragraph') return item.map(block);
  return [...inlines(first.children), ...rest.map(block)];
}

function inlines(found: Inline[]): Node[] {
  return found.flatMap(inline);
}

function inline(found: Inline): Node[] {
  switch (found.kind) {
    case 'text':
      return [document.createTextNode(found.text)];
    case 'break':
      return [h('br')];
    case 'code':
      return [h('code', {}, found.text)];
    case 'bold':
      return [h('strong', {}, ...inlines(found.children))];
    case 'italic':
      return [h('em', {}, ...inlines(found.children))];
    case 'link':
      return linked(found.href, inlines(found.children));
  }
}

function linked(href: string, children: Node[]): Node[] {
  const anchor = link(href, children);
  if (!isMisleading(anchor.textContent ?? '', href)) return [anchor];
  return [anchor, document.createTextNode(` (${new URL(href).hostname || href})`)];
}
