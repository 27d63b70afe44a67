import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressAt, isMisleading, safeAddress } from '../../chat/view/addresses.ts';
import { type Block, type Inline, parseInline, parseMarkdown } from '../../chat/view/markdown.ts';

const DESK = 'https://desk.example';

/** A tree as one line, so that a test shows what it expects. */
function inline(nodes: Inline[]): string {
  return nodes
    .map((node) => {
      switch (node.kind) {
        case 'text':
          return node.text;
        case 'break':
          return '⏎';
        case 'code':
          return `‹code ${node.text}›`;
        case 'link':
          return `‹link ${node.href} ${inline(node.children)}›`;
        default:
          return `‹${node.kind} ${inline(node.children)}›`;
      }
    })
    .join('');
}

function shown(text: string): string {
  return blocks(parseMarkdown(text, DESK));
}

function blocks(found: Block[]): string {
  return found
    .map((block) => {
      switch (block.kind) {
        case 'code':
          return `‹pre ${block.text}›`;
        case 'quote':
          return `‹quote ${blocks(block.children)}›`;
        case 'list':
          return `‹${block.isOrdered ? `ol${block.start}` : 'ul'} ${block.items.map((item) => `• ${blocks(item)}`).join(' ')}›`;
        default:
          return `‹${block.kind[0]} ${inline(block.children)}›`;
      }
    })
    .join('');
}

test('an answer of the assistant keeps its steps, emphasis and line breaks', () => {
  assert.equal(
    shown('Open **VPN** and `ping`:\n\n1. Click the **^** arrow.\n2. Wait.\n\nDone\nnow.'),
    '‹p Open ‹bold VPN› and ‹code ping›:›‹ol1 • ‹p Click the ‹bold ^› arrow.› • ‹p Wait.››‹p Done⏎now.›',
  );
});

test('lists nest, go on after an empty line, and begin where they say', () => {
  assert.equal(shown('- a\n  - b\n  - c\n\n- d'), '‹ul • ‹p a›‹ul • ‹p b› • ‹p c›› • ‹p d››');
  assert.equal(shown('3. x\n4. y'), '‹ol3 • ‹p x› • ‹p y››');
});

test('code is what it is, whatever stands in it', () => {
  assert.equal(shown('```\n<b>*x*</b>\n```\nafter'), '‹pre <b>*x*</b>›‹p after›');
  assert.equal(shown('```\nnever closed'), '‹pre never closed›');
});

test('HTML is text, a picture is its description', () => {
  assert.equal(
    shown('<script>alert(1)</script> ![a cat](https://t.example/p.gif)'),
    '‹p <script>alert(1)</script> a cat›',
  );
});

test('names with underscores and sums with stars are no emphasis', () => {
  assert.equal(inline(parseInline('my_file_name 2 * 3 * 4 **', DESK)), 'my_file_name 2 * 3 * 4 **');
});

test('a link in a link is its words', () => {
  assert.equal(
    inline(parseInline('[https://bank.example](https://evil.example/)', DESK)),
    '‹link https://evil.example/ https://bank.example›',
  );
});

for (const address of [
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'java\tscript:alert(1)',
  '\u0001javascript:alert(1)',
  'data:text/html,x',
  'vbscript:x',
  'file:///etc/passwd',
  'http://elsewhere.example/',
  '//elsewhere.example/',
  '/\\elsewhere.example',
  'https://user:word@bank.example/',
  'https:\\\\x',
  '',
  `https://x.example/${'a'.repeat(3_000)}`,
]) {
  test(`an address that may not be followed is only words: ${JSON.stringify(address.slice(0, 40))}`, () => {
    assert.equal(safeAddress(address, DESK), null);
  });
}

test('https, mail and the desk’s own pages may be followed', () => {
  assert.equal(safeAddress('https://a.example/x?y#z', DESK), 'https://a.example/x?y#z');
  assert.equal(safeAddress('mailto:a@b.example', DESK), 'mailto:a@b.example');
  assert.equal(safeAddress('/kb/vpn?lang=en', DESK), 'https://desk.example/kb/vpn?lang=en');
  assert.equal(
    safeAddress('http://127.0.0.1:8080/kb/', 'http://127.0.0.1:8080'),
    'http://127.0.0.1:8080/kb/',
  );
});

test('a bare address ends before the punctuation of its sentence', () => {
  assert.equal(addressAt('https://a.example/b?c=1.', 0, DESK), 'https://a.example/b?c=1');
  assert.equal(addressAt('https://', 0, DESK), null);
  assert.equal(addressAt('http://a.example', 0, DESK), null);
  assert.equal(
    addressAt('http://127.0.0.1:8080/privacy?lang=fr', 0, 'http://127.0.0.1:8080'),
    'http://127.0.0.1:8080/privacy?lang=fr',
  );
});

test('a label that promises another place is found out', () => {
  assert.equal(isMisleading('https://bank.example', 'https://evil.example/'), true);
  assert.equal(isMisleading('bank.example', 'https://bank.example/login'), false);
  assert.equal(isMisleading('the map', 'https://evil.example/'), false);
});

test('no text takes long to read, however it is built', () => {
  for (const part of [
    '[',
    '![',
    '**a',
    '*a ',
    '**a*b_c ',
    '*',
    '_ a',
    '`',
    '> ',
    '- ',
    '[x](',
    '[[]](',
    '\\',
    '1. a\n  ',
    '***',
    '~~~\n',
  ]) {
    const began = performance.now();
    parseMarkdown(part.repeat(Math.ceil(16_000 / part.length)), DESK);
    assert.ok(performance.now() - began < 1_000, part);
  }
});

test('every character of a text without signs survives', () => {
  const text = 'Ça marche ! « bonjour » — 5 < 6 & 7 > 3, l’été\u00a0: ok?';
  assert.equal(inline(parseInline(text, DESK)), text);
});
