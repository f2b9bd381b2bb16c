import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type MentioningActivity, mentionsBot, namesBot, textWithoutBot } from '../../src/channel/mentions.ts';

const BOT = { id: 'bot-1', name: 'Voice Bot' };
const AT_BOT = '<at>Voice Bot</at>';
const JANE = { id: '29:jane', name: 'Jane Doe' };

/** Each name is the other's tag. */
const SWAPPED = [
  { type: 'mention', text: '<@A>', mentioned: { id: 'A', name: '<@B>' } },
  { type: 'mention', text: '<@B>', mentioned: { id: 'B', name: '<@A>' } },
];

function mention(text: string | undefined, mentioned: unknown = BOT): Record<string, unknown> {
  return { type: 'mention', text, mentioned };
}

function textOf(
  text: string | undefined,
  entities: unknown[] = [mention(AT_BOT)],
  more: Partial<MentioningActivity> = {},
) {
  return textWithoutBot({ text, recipient: BOT, entities, ...more }, 'mention');
}

describe('textWithoutBot', () => {
  const cases: [string, string, string | undefined, unknown[]?][] = [
    ['leaves a text without mentions', 'hello', 'hello', []],
    ['trims', 'hello', ' \n hello\t', []],
    ['keeps the lines and spaces of a text', 'a  b\n\n  c', 'a  b\n\n  c', []],
    ['takes a mention from the start', 'hello', `${AT_BOT} hello`],
    ['takes a mention from the end', 'hello', `hello ${AT_BOT}`],
    ['leaves one space between words in its place', 'hello there', `hello ${AT_BOT} there`],
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
      "other people's mentions: are their plain names",
      'is Jane Doe right?',
      `${AT_BOT} is <at>Jane Doe</at> right?`,
      [mention(AT_BOT), mention('<at>Jane Doe</at>', JANE)],
    ],
    [
      "gives other people's mentions as they were shortened",
      'is Jane right?',
      `${AT_BOT} is <at>Jane</at> right?`,
      [mention(AT_BOT), mention('<at>Jane</at>', JANE)],
    ],
    [
      'reads tags that are numbered',
      'is Jane Doe right?',
      '<at id="0">Voice Bot</at> is <at id="1">Jane Doe</at> right?',
      [mention('<at id="0">Voice Bot</at>'), mention('<at>Jane Doe</at>', JANE)],
    ],
    [
      "tells the bot from a person of the bot's name",
      'ask Voice Bot about Voice Bot',
      `${AT_BOT} ask ${AT_BOT} about ${AT_BOT}`,
      [mention(AT_BOT), mention(AT_BOT, { id: '29:other', name: 'Voice Bot' })],
    ],
    [
      "keeps a person of the bot's name where the bot is not mentioned",
      'Voice Bot hello',
      `${AT_BOT} hello`,
      [mention(AT_BOT, { id: '29:other', name: 'Voice Bot' })],
    ],
    [
      'reads mentions of people without a text, and without a name',
      'is Jane Doe with Ada?',
      `${AT_BOT} is <at>Jane Doe</at> with <at>Ada</at>?`,
      [mention(AT_BOT), mention(undefined, JANE), { type: 'mention', text: '<at>Ada</at>' }],
    ],
    [
      'reads names with signs of patterns and emoji',
      'is J. (Doe)* 👋🏽 right?',
      `${AT_BOT} is <at>J. (Doe)* 👋🏽</at> right?`,
      [mention(AT_BOT), mention('<at>J. (Doe)* 👋🏽</at>', { id: '29:jane', name: 'J. (Doe)* 👋🏽' })],
    ],
    [
      'takes the name of a person where the mark is no name',
      'is jane right?',
      '<@B1> is <@U2> right?',
      [mention('<@B1>'), mention('<@U2>', { id: 'U2:T1', name: 'jane' })],
    ],
    [
      'takes the longer of two marks first',
      'hello to eve',
      '@voicebot hello to @voice',
      [mention('@voice', { id: 'U3', name: 'eve' }), mention('@voicebot')],
    ],
    ['takes out the name as people write it at the beginning', 'hello', '@VOICE bot hello', [mention(undefined)]],
    ['removes it after a mention', 'hello', `${AT_BOT} @voice bot hello`],
    [
      'keeps the name within a sentence',
      'my handle is @Voice Bot, and yours?',
      'my handle is @Voice Bot, and yours?',
      [],
    ],
    ['keeps it next to a mention, too', 'my handle is @bot-1, and yours?', `${AT_BOT} my handle is @bot-1, and yours?`],
    ['keeps tags that no entity names', 'what is <at>x</at> in HTML?', `${AT_BOT} what is <at>x</at> in HTML?`],
    ['does not search a name for other tags', '<@B> and <@A>', '<@A> and <@B>', SWAPPED],
    ['keeps tags with attributes', 'what is <at class="a">?', `${AT_BOT} what is <at class="a">?`],
    ['removes the name after a command', '/voice marin', '/voice@bot-1 marin', [mention(undefined)]],
    ['keeps a longer name', '@bot-12 and @bot-1-two and me@bot-1', '@bot-12 and @bot-1-two and me@bot-1', []],
    ['keeps the name of another bot after a command', '/help@other_bot', '/help@other_bot', [mention(undefined)]],
    [
      'takes out what nobody sees at the ends',
      'hello',
      '\ufeff\u200e <at>Voice Bot</at>\u200b hello\u2060 ',
      [mention(AT_BOT)],
    ],
    ['leaves nothing of invisible characters', '', '\u200b\ufeff \u200f', []],
    ['keeps the name of the bot if no entity has it', `${AT_BOT} hello`, `${AT_BOT} hello`, []],
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

  it('removes nothing if the activity names no recipient', () => {
    for (const recipient of [undefined, {}]) {
      const entities = [mention(AT_BOT), mention(AT_BOT, {})];
      assert.equal(textOf(`${AT_BOT} hello`, entities, { recipient }), 'Voice Bot hello');
    }
  });

  it('removes every mention of the name on a channel where the name addresses the bot', () => {
    const text = 'hello @VOICE bot there';
    assert.equal(textWithoutBot({ text, recipient: BOT, entities: [mention(undefined)] }, 'name'), 'hello there');
  });

  it('works without entities', () => {
    assert.equal(textWithoutBot({ text: ' hello ', recipient: BOT }, 'mention'), 'hello');
  });

  it('searches for only a few different marks, so that a hostile message costs little', () => {
    const marks = Array.from({ length: 1_000 }, (_, index) => `@mark${index};`);
    const entities = marks.map((mark) => mention(mark, { id: 'bot-1', name: mark }));
    const text = textOf(marks.join(''), entities);
    assert.ok(!text.includes('@mark0;'));
    assert.ok(text.includes('@mark100;'));
  });
});

describe('a hostile message', () => {
  it('does not grow by names that hold the tags of others, or by a tag that is everywhere', () => {
    const named = (tag: string, name: string) => mention(tag, { id: name, name });
    const names = [named('a', 'b'.repeat(250)), named('b', 'c'.repeat(100)), named('c', 'd'.repeat(100))];
    const before = process.cpuUsage();
    const grown = textOf('a'.repeat(1_000), names);
    assert.ok(grown.length < 10_000, `${grown.length} characters`);
    assert.doesNotMatch(grown, /[cd]/);
    assert.ok(process.cpuUsage(before).user < 1_000_000);
  });

  it('costs little if its tags almost match everywhere', () => {
    const tags = Array.from({ length: 20 }, (_, at) => `${'a'.repeat(280 - at)}b${'a'.repeat(at)}`);
    const before = process.cpuUsage();
    textOf(
      'a'.repeat(1_000_000),
      tags.map((tag) => mention(tag, JANE)),
    );
    const { user } = process.cpuUsage(before);
    assert.ok(user < 1_000_000, `${user} µs`);
  });

  for (const [name, text] of [
    ['tags that never end', '<at '.repeat(200_000)],
    ['tags', '<at>'.repeat(200_000)],
    ['ends of tags', '</at>'.repeat(200_000)],
    ['names', '@bot-1'.repeat(100_000)],
    ['names one by one', ' @bot-1'.repeat(100_000)],
    ['a long command', `/${'a'.repeat(500_000)}@bot-1`],
    ['invisible characters', `a${'\u200b'.repeat(300_000)}a`],
    ['spaces', `a${' '.repeat(300_000)}a`],
  ] as const) {
    it(`is handled quickly: ${name}`, () => {
      const before = process.cpuUsage();
      textOf(text, [mention(AT_BOT), mention('<at>x</at>', JANE)]);
      const { user } = process.cpuUsage(before);
      assert.ok(user < 1_000_000, `${user} µs`);
    });
  }
});

describe('a mention of the bot', () => {
  const meant = (text: string, entities: unknown[] = [], recipient: MentioningActivity['recipient'] = BOT) => ({
    byEntity: mentionsBot({ text, recipient, entities }),
    byName: namesBot({ text, recipient, entities }),
  });

  it('is detected by the id in an entity, and by nothing else in it', () => {
    assert.equal(meant('hello', [mention(undefined)]).byEntity, true);
    assert.equal(meant(AT_BOT, [mention(AT_BOT, { id: '29:other', name: 'Voice Bot' })]).byEntity, false);
    assert.equal(meant(AT_BOT, [mention(AT_BOT, {})], {}).byEntity, false);
    assert.equal(meant(AT_BOT, [mention(AT_BOT, { id: '' })], { id: '' }).byEntity, false);
  });

  for (const text of [
    '@bot-1 hi',
    'hi @BOT-1!',
    '(@bot-1)',
    '@bot-1',
    '/help@bot-1',
    '/dance@bot-1 now',
    '@Voice Bot, hi',
  ])
    it(`is detected by the bot's name in ${JSON.stringify(text)}`, () => assert.equal(meant(text).byName, true));
  for (const text of ['bot-1 hi', '@bot-12', 'me@bot-1', '/help@bot-12', 'say /help@bot-1', '@@bot-1', ''])
    it(`is not detected in ${JSON.stringify(text)}`, () => assert.equal(meant(text).byName, false));

  it('is not detected by an empty name', () => {
    for (const recipient of [{}, { id: '', name: ' ' }, { name: 'x'.repeat(300) }])
      assert.equal(meant('@ hello', [], recipient).byName, false);
    assert.equal(meant('@a.b', [], { id: 'a.b' }).byName, true);
    assert.equal(meant('@axb', [], { id: 'a.b' }).byName, false);
  });
});
