// A small Markdown subset read into a tree, without any HTML on the way (TRUST WW-8). Pure.
//
// Paragraphs with their line breaks, lists, headings, quotations, code, **bold**, *italic*, links. A picture is its
// description; an HTML tag is the text it is. Every rule looks at a character a bounded number of times.

import { addressAt, safeAddress } from './addresses.ts';

export type Inline =
  | { kind: 'text' | 'code'; text: string }
  | { kind: 'bold' | 'italic'; children: Inline[] }
  | { kind: 'link'; href: string; children: Inline[] }
  | { kind: 'break' };

export type Block =
  | { kind: 'paragraph' | 'heading'; children: Inline[] }
  | { kind: 'code'; text: string }
  | { kind: 'quote'; children: Block[] }
  | { kind: 'list'; isOrdered: boolean; start: number; items: Block[][] };

const DEEPEST = 6;
const FENCE = /^\s{0,3}(`{3,}|~{3,})/;
const HEADING = /^\s{0,3}#{1,6}\s+(.*)$/;
const QUOTE = /^\s{0,3}> ?(.*)$/;
const ITEM = /^(\s*)([-*+•]|(\d{1,4})[.)])\s+(.*)$/;

/** The blocks of a text. `origin` is where addresses that begin with one `/` belong. */
export function parseMarkdown(text: string, origin: string, depth = 0): Block[] {
  return new Reader(text.replace(/\r\n?/g, '\n').split('\n'), origin, depth).blocks();
}

class Reader {
  readonly lines: string[];
  readonly origin: string;
  readonly depth: number;
  at = 0;

  constructor(lines: string[], origin: string, depth: number) {
    this.lines = lines;
    this.origin = origin;
    this.depth = depth;
  }

  blocks(): Block[] {
    const found: Block[] = [];
    while (this.at < this.lines.length) {
      if (this.#line().trim() === '') this.at += 1;
      else found.push(this.#block());
    }
    return found;
  }

  #line(): string {
    return this.lines[this.at] ?? '';
  }

  #block(): Block {
    const line = this.#line();
    const mayNest = this.depth < DEEPEST;
    if (FENCE.test(line)) return this.#fenced();
    const heading = HEADING.exec(line);
    if (heading) {
      this.at += 1;
      return { kind: 'heading', children: this.#inline(heading[1] ?? '') };
    }
    if (mayNest && QUOTE.test(line)) return this.#quote();
    if (mayNest && ITEM.test(line)) return this.#list();
    return this.#paragraph();
  }

  #fenced(): Block {
    const fence = FENCE.exec(this.#line())?.[1] ?? '```';
    const kept: string[] = [];
    this.at += 1;
    while (this.at < this.lines.length && !this.#line().trim().startsWith(fence)) {
      kept.push(this.#line());
      this.at += 1;
    }
    this.at += 1;
    return { kind: 'code', text: kept.join('\n') };
  }

  #quote(): Block {
    const kept: string[] = [];
    for (let found = QUOTE.exec(this.#line()); found; found = QUOTE.exec(this.#line())) {
      kept.push(found[1] ?? '');
      this.at += 1;
      if (this.at >= this.lines.length) break;
    }
    return { kind: 'quote', children: new Reader(kept, this.origin, this.depth + 1).blocks() };
  }

  #list(): Block {
    const first = ITEM.exec(this.#line());
    const indent = (first?.[1] ?? '').length;
    const isOrdered = first?.[3] !== undefined;
    const items: Block[][] = [];
    while (this.at < this.lines.length) {
      const item = ITEM.exec(this.#line());
      if (!item || (item[1] ?? '').length !== indent || (item[3] !== undefined) !== isOrdered) break;
      this.at += 1;
      items.push(new Reader([item[4] ?? '', ...this.#below(indent)], this.origin, this.depth + 1).blocks());
    }
    return { kind: 'list', isOrdered, start: Number(first?.[3] ?? 1), items };
  }

  /** The lines that belong to the item above: indented further, or an empty line before such a one. */
  #below(indent: number): string[] {
    const kept: string[] = [];
    while (this.at < this.lines.length) {
      const line = this.#line();
      if (line.trim() === '') {
        const after = this.lines[this.at + 1] ?? '';
        const goesOn = after.trim() !== '' && indentOf(after) > indent;
        if (!goesOn) {
          // An empty line between two items does not end a list.
          const next = ITEM.exec(after);
          if (next && (next[1] ?? '').length === indent) this.at += 1;
          break;
        }
      } else if (indentOf(line) <= indent) break;
      kept.push(line.slice(Math.min(indentOf(line), indent + 2)));
      this.at += 1;
    }
    return kept;
  }

  #paragraph(): Block {
    const kept: string[] = [];
    do {
      kept.push(this.#line().trim());
      this.at += 1;
    } while (this.at < this.lines.length && !this.#startsBlock());
    return { kind: 'paragraph', children: this.#inline(kept.join('\n')) };
  }

  #startsBlock(): boolean {
    const line = this.#line();
    if (line.trim() === '' || FENCE.test(line) || HEADING.test(line)) return true;
    return this.depth < DEEPEST && (QUOTE.test(line) || ITEM.test(line));
  }

  #inline(text: string): Inline[] {
    return parseInline(text, this.origin);
  }
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

/** Bold, italic, code, links and line breaks of a stretch of text. */
export function parseInline(text: string, origin: string, depth = 0): Inline[] {
  const found: Inline[] = [];
  let plain = '';
  const flush = (): void => {
    if (plain) found.push({ kind: 'text', text: plain });
    plain = '';
  };
  // Signs that nothing further on closes: looked for once, however often they stand there.
  const open = new Set<string>();
  let at = 0;
  while (at < text.length) {
    const taken = depth < DEEPEST ? spanAt(text, at, origin, depth, open) : null;
    if (taken) {
      flush();
      found.push(...taken.nodes);
      at = taken.end;
    } else if (text[at] === '\n') {
      flush();
      found.push({ kind: 'break' });
      at += 1;
    } else {
      if (text[at] === '\\' && /[!-/:-@[-`{-~]/.test(text[at + 1] ?? '')) at += 1;
      plain += text[at] ?? '';
      at += 1;
    }
  }
  flush();
  return found;
}

interface Span {
  nodes: Inline[];
  end: number;
}

function spanAt(text: string, at: number, origin: string, depth: number, open: Set<string>): Span | null {
  switch (text[at]) {
    case '`':
      return codeAt(text, at);
    case '*':
    case '_':
      return emphasisAt(text, at, origin, depth, open);
    case '[':
      return linkAt(text, at, origin, depth);
    case '!':
      return text[at + 1] === '[' ? pictureAt(text, at) : null;
    default:
      return addressedAt(text, at, origin);
  }
}

function codeAt(text: string, at: number): Span | null {
  const end = text.indexOf('`', at + 1);
  if (end <= at + 1) return null;
  return { nodes: [{ kind: 'code', text: text.slice(at + 1, end) }], end: end + 1 };
}

function emphasisAt(text: string, at: number, origin: string, depth: number, open: Set<string>): Span | null {
  const sign = text[at] ?? '';
  const mark = text[at + 1] === sign ? sign + sign : sign;
  // `a_name_like_this` and 2 * 3 * 4 are what they are.
  if (/[\p{L}\p{N}]/u.test(text[at - 1] ?? ' ') && sign === '_') return null;
  const from = at + mark.length;
  if (open.has(mark) || !/\S/.test(text[from] ?? ' ')) return null;
  const end = closing(text, from, mark);
  if (end < 0) {
    open.add(mark);
    return null;
  }
  const children = parseInline(text.slice(from, end), origin, depth + 1);
  return { nodes: [{ kind: mark.length === 2 ? 'bold' : 'italic', children }], end: end + mark.length };
}

function closing(text: string, from: number, mark: string): number {
  for (let at = text.indexOf(mark, from + 1); at > 0; at = text.indexOf(mark, at + 1)) {
    const isSpaced = !/\S/.test(text[at - 1] ?? ' ');
    const isInWord = mark[0] === '_' && /[\p{L}\p{N}]/u.test(text[at + mark.length] ?? ' ');
    if (!isSpaced && !isInWord) return at;
  }
  return -1;
}

interface Bracketed {
  label: string;
  target: string;
  end: number;
}

function bracketed(text: string, at: number): Bracketed | null {
  const middle = text.indexOf('](', at);
  if (middle < 0) return null;
  const label = text.slice(at + 1, middle);
  const end = text.indexOf(')', middle);
  if (end < 0 || label.includes('\n\n') || label.includes('[')) return null;
  const target = (
    text
      .slice(middle + 2, end)
      .trim()
      .split(/\s/)[0] ?? ''
  ).replace(/^<|>$/g, '');
  return { label, target, end: end + 1 };
}

function linkAt(text: string, at: number, origin: string, depth: number): Span | null {
  const found = bracketed(text, at);
  if (!found) return null;
  // A link in a link is its words.
  const children = parseInline(found.label, origin, Math.max(depth + 1, DEEPEST - 1)).flatMap((node) =>
    node.kind === 'link' ? node.children : [node],
  );
  const href = safeAddress(found.target, origin);
  // Of a link to nowhere the words stay.
  const nodes: Inline[] = href && children.length > 0 ? [{ kind: 'link', href, children }] : children;
  return { nodes, end: found.end };
}

function pictureAt(text: string, at: number): Span | null {
  const found = bracketed(text, at + 1);
  return found && { nodes: [{ kind: 'text', text: found.label }], end: found.end };
}

function addressedAt(text: string, at: number, origin: string): Span | null {
  if (/[\p{L}\p{N}]/u.test(text[at - 1] ?? ' ')) return null;
  const address = addressAt(text, at, origin);
  if (!address) return null;
  const children: Inline[] = [{ kind: 'text', text: address }];
  return { nodes: [{ kind: 'link', href: address, children }], end: at + address.length };
}
