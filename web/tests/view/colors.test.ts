import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contrast, hex, READABLE, readableOn, rgb, textOn } from '../../widget/colors.ts';

const LIGHT = ['#f7f6f3', '#ffffff'];
const DARK = ['#14171d', '#1f242d'];
const EVERY = Array.from({ length: 9 ** 3 }, (_, at) =>
  hex([(at % 9) * 31.875, (Math.floor(at / 9) % 9) * 31.875, Math.floor(at / 81) * 31.875]),
);

test('black and white have the contrast that WCAG gives them', () => {
  assert.equal(contrast(rgb('#000000'), rgb('#ffffff')).toFixed(2), '21.00');
  assert.equal(contrast(rgb('#777777'), rgb('#ffffff')).toFixed(2), '4.48');
});

test('whatever colour a site chooses, what stands on it can be read', () => {
  for (const color of EVERY) assert.ok(contrast(rgb(textOn(color)), rgb(color)) >= READABLE, color);
});

test('whatever colour a site chooses, accents can be read in both themes', () => {
  for (const color of EVERY) {
    for (const papers of [LIGHT, DARK]) {
      const accent = rgb(readableOn(color, papers));
      for (const paper of papers) assert.ok(contrast(accent, rgb(paper)) >= READABLE, `${color} on ${paper}`);
    }
  }
});

test('a colour that can be read already stays as it is', () => {
  assert.equal(readableOn('#0b5cab', LIGHT), '#0b5cab');
});
