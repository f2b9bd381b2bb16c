import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { commandOf } from '../../src/conversation/commands/commands.ts';

describe('a message that is a command', () => {
  for (const [text, name, argument] of [
    ['/help', 'help', ''],
    ['/HELP', 'help', ''],
    ['/Voice  Marin ', 'voice', 'Marin'],
    ['/audio\noff', 'audio', 'off'],
    ['\ufeff/help', 'help', ''],
    ['\u200e\u200b/he\u200blp\u200f', 'help', ''],
    ['\u00a0/voice\u00a0marin', 'voice', 'marin'],
    ['/\u2060voice\u2068 marin\u2069', 'voice', 'marin'],
    ['/st\u00adop', 'stop', ''],
  ] as const) {
    it(`is parsed from ${JSON.stringify(text)}`, () => assert.deepEqual(commandOf(text), { name, argument }));
  }

  for (const text of ['/start', '/START', '/start ref-123', '\u200b/start'])
    it(`may have Telegram's form ${JSON.stringify(text)}`, () => assert.deepEqual(commandOf(text), { name: 'start' }));

  it('may have an unknown name', () => {
    assert.deepEqual(commandOf('/dance now'), { name: 'unknown', written: 'dance' });
    assert.deepEqual(commandOf('/constructor'), { name: 'unknown', written: 'constructor' });
  });

  for (const text of [
    'help',
    '/',
    '//help',
    '/ help',
    '/etc/hosts is a file',
    '/1',
    'say /help',
    '/help@other_bot',
    '\u200b/etc/hosts',
    `/${'x'.repeat(33)}`,
  ]) {
    it(`does not look like ${JSON.stringify(text.slice(0, 30))}`, () => assert.equal(commandOf(text), undefined));
  }
});
