import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { shownName } from '../../src/attachments/file-name.ts';

describe('a displayed file name', () => {
  for (const [name, shown] of [
    ['Notes of May.txt', 'Notes of May.txt'],
    ['Übersicht 世界.png', 'Übersicht 世界.png'],
    ['../../etc/passwd', '.. .. etc passwd'],
    ['a"]\r\n[x](https://example.com)', 'a x (https: example.com)'],
    ['<at>Bot</at>', 'at Bot at'],
    ['\u202egnp.exe', 'gnp.exe'],
    ['  ', undefined],
    ['', undefined],
    [undefined, undefined],
  ] as const) {
    it(`is ${JSON.stringify(shown)} for ${JSON.stringify(name)}`, () => assert.equal(shownName(name), shown));
  }

  it('has at most 100 characters and no half of a surrogate pair', () => {
    assert.equal(shownName('a'.repeat(300)), 'a'.repeat(100));
    assert.ok(shownName(`${'a'.repeat(99)}🙂`)?.isWellFormed());
  });
});
