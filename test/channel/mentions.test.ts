import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type MentioningActivity, textWithoutBot } from '../../src/channel/mentions.ts';

const BOT = { id: 'bot-1', name: 'Voice Bot' };
const AT_BOT = '<at>Voice Bot</at>';

function mention(text: string | undefined, mentioned: unknown = BOT): Record<string, unknown> {
  return { type: 'mention', text, mentioned };
}

function textOf(
  text: string | undefined,
  entities: unknown[] = [mention(AT_BOT)],
  more: Partial<MentioningActivity> = {},
) {
  return textWithoutBot({ text, recipient: BOT, entities, ...more });
}

describe('textWithoutBot', () => {
  const cases: [string, string, string | undefined, unknown[]?][] = [
    ['leaves a text without mentions', 'hello', 'hello', []],
    ['trims', 'hello', ' \n hello\t', []],
    ['keeps the lines and spaces of a text', 'a  b\n\n  c', 'a  b\n\n  c', []],
    ['takes a mention from the start', 'hello', `${AT_BOT} hello`],
    ['takes a mention from the end', 'hello', `hello ${AT_BOT}`],
    ['leaves one space where it stood between words', 'hello there', `hello ${AT_BOT} there`],
    ['takes it out twice', 'hello there', `${AT_BOT} hello ${AT_BOT} there`],
    ['takes it out twice in a row', 'hello', `${AT_BOT}${AT_BOT} hello`],
    ['takes it out once for two entities', 'hello', `${AT_BOT} hello`, [mention(AT_BOT), mention(AT_BOT)]],
    ['leaves nothing of a mention alone', '', AT_BOT],
    ['leaves nothing of a mention and spaces that do not break', '', `${AT_BOT}&nbsp;&nbsp;\u00a0`],
    ['makes &nbsp; a space', 'hello there', `${AT_BOT}&nbsp;hello&nbsp;there`],
    ['makes the character for it a space, too', 'hello there', `${AT_BOT}\u00a0hello\u00a0there`],
    ['makes &nbsp; a space without mentions', 'a b', 'a&nbsp;b', []],
    [
      'finds a mention with &nbsp; in it',
      'hello',
      '<at>Voice&nbsp;Bot</at> hello',
      [mention('<at>Voice&nbsp;Bot</at>')],
    ],
    [
      'finds a mention with the character for it in it',
      'hello',
      '<at>Voice\u00a0Bot</at> hello',
      [mention('<at>Voice\u00a0Bot</at>', { id: 'bot-1', name: 'Voice\u00a0Bot' })],
    ],
    ['finds the name as Teams writes it when the mark is another', 'hello', `${AT_BOT} hello`, [mention('@Voice Bot')]],
    [
      'finds it by the name that the mention gives',
      'hello',
      '<at>VB</at> hello',
      [mention('x', { id: 'bot-1', name: 'VB' })],
    ],
    ["finds it by the recipient's name", 'hello', `${AT_BOT} hello`, [mention(undefined, { id: 'bot-1' })]],
    ['takes out a mark without tags', 'hello', '@voicebot hello', [mention('@voicebot')]],
    ['is empty without a text', '', undefined],
    ['is empty with an empty text', '', ''],
    [
      "keeps other people's mentions",
      '<at>Ada</at> is here, right?',
      `${AT_BOT} <at>Ada</at> is here, right?`,
      [mention(AT_BOT), mention('<at>Ada</at>', { id: 'user-1', name: 'Ada' })],
    ],
    ['keeps the bot named by somebody without an entity', `${AT_BOT} hello`, `${AT_BOT} hello`, []],
    ['reads signs of patterns as they are', 'hello', 'a.*(b) hello', [mention('a.*(b)')]],
    ['leaves text that only looks like a pattern', 'aXXb hello', 'aXXb hello', [mention('a.*b')]],
    ['skips a blank mark, which would be everywhere', 'a b c', 'a b c', [mention(' ', { id: 'bot-1', name: '' })]],
    ['skips entities that are none', 'hello', 'hello', [null, 5, 'mention', [], {}, { type: 'mention' }]],
    [
      'skips mentions of wrong types',
      'hello',
      'hello',
      [mention(undefined, 'bot-1'), { type: 'mention', mentioned: null }],
    ],
    ['skips other entities', `${AT_BOT} hi`, `${AT_BOT} hi`, [{ type: 'clientInfo', text: AT_BOT, mentioned: BOT }]],
  ];
  for (const [name, expected, text, entities] of cases) {
    it(name, () => assert.equal(textOf(text, entities), expected));
  }

  it('takes nothing out when the activity names no recipient', () => {
    for (const recipient of [undefined, {}]) {
      const entities = [mention(AT_BOT), mention(AT_BOT, {})];
      assert.equal(textOf(`${AT_BOT} hello`, entities, { recipient }), `${AT_BOT} hello`);
    }
  });

  it('does without entities', () => {
    assert.equal(textWithoutBot({ text: ' hello ', recipient: BOT }), 'hello');
  });

  it('looks for no more than a few different marks, so that a hostile message costs little', () => {
    const marks = Array.from({ length: 1_000 }, (_, index) => `@mark${index};`);
    const entities = marks.map((mark) => mention(mark, { id: 'bot-1', name: mark }));
    const text = textOf(marks.join(''), entities);
    assert.ok(!text.includes('@mark0;'));
    assert.ok(text.includes('@mark100;'));
  });
});
