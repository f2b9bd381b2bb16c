import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Activity, Entity } from 'botbuilder';
import { type SourceStyle, withSources } from '../../src/channel/sources.ts';
import { en } from '../../src/messages/en.ts';
import type { Source } from '../../src/tools/tool.ts';

const SOURCES: readonly Source[] = [
  { title: 'Travel "rules"', url: 'https://a.example/x (1).html' },
  { title: 'Handbook', page: 3 },
];
const AI_LABEL = { type: 'https://schema.org/Message', '@type': 'Message', additionalType: ['AIGeneratedContent'] };
const MAX_CHARS = 4_000;
/** The only message. */
function shown(message: Partial<Activity>, sources: readonly Source[], style: SourceStyle): Partial<Activity> {
  const [only = {}, ...others] = withSources(message, sources, style, en, MAX_CHARS);
  assert.deepEqual(others, []);
  return only;
}
const claimsOf = (entities: readonly Entity[] = []) => entities.flatMap((each) => each['citation'] ?? []);

describe('the sources of an answer', () => {
  it('change nothing in a message that has none', () => {
    const message = { text: 'Hello', entities: [AI_LABEL] };
    assert.equal(withSources(message, [], 'entity', en, MAX_CHARS)[0], message);
  });

  it("are numbered claims of the message's only entity in Teams", () => {
    const { text, entities } = shown({ text: 'Paid.', entities: [AI_LABEL] }, SOURCES, 'entity');
    assert.equal(text, 'Paid. [1] [2]');
    assert.equal(entities?.length, 1);
    assert.deepEqual(entities?.[0]?.['additionalType'], ['AIGeneratedContent']);
    assert.deepEqual(claimsOf(entities), [
      {
        '@type': 'Claim',
        position: 1,
        appearance: {
          '@type': 'DigitalDocument',
          name: 'Travel "rules"',
          abstract: 'Travel "rules"',
          url: 'https://a.example/x (1).html',
        },
      },
      {
        '@type': 'Claim',
        position: 2,
        appearance: {
          '@type': 'DigitalDocument',
          name: 'Handbook, page 3',
          abstract: 'Handbook, page 3',
          text: 'Handbook, page 3',
        },
      },
    ]);
  });

  it('are definitions in Web Chat, and an entity with an empty id', () => {
    const { text, entities } = shown({ text: 'Paid.' }, SOURCES, 'definitions');
    const expected = `Paid. [1] [2]\n\n[1]: https://a.example/x%20%281%29.html "Travel 'rules'"\n[2]: cite:2 "Handbook, page 3"`;
    assert.equal(text, expected);
    assert.equal(entities?.[0]?.['@id'], '');
  });

  for (const [place, end] of [
    ['a block of code', 'Run:\n```\nnpm ci\n```'],
    ['a block of code in a list', '1. Run:\n   ~~~\n   npm ci\n   ~~~'],
    ['indented code', 'Run:\n\n    npm ci'],
    ['a table', '|a|b|\n|-|-|\n|1|2|'],
    ['a table without a first line', 'a|b|\n-|-|\n1|2|'],
    ['a line', 'Done.\n\n---'],
    ['a heading that is underlined', 'Done\n===='],
  ] as const) {
    it(`have their numbers in a paragraph of their own below ${place}`, () => {
      for (const text of [end, `${end}\n`]) assert.equal(shown({ text }, SOURCES, 'entity').text, `${text}\n\n[1] [2]`);
    });
  }

  it('are a list on other channels, with titles that are not Markdown', () => {
    const sources = [...SOURCES, { title: '[x](https://evil.example) *b*' }];
    assert.equal(
      shown({ text: 'Paid.' }, sources, 'list').text,
      'Paid.\n\nSources:\n\n1. [Travel "rules"](https://a.example/x%20%281%29.html)\n2. Handbook, page 3\n3. \\[x\\]\\(https://evil.example\\) \\*b\\*',
    );
  });

  it('are at most ten, with names of at most 80 characters with their page', () => {
    const many = Array.from({ length: 30 }, () => ({ title: 'x'.repeat(200), page: 12 }));
    const { entities } = shown({ text: 'x' }, many, 'entity');
    assert.equal(claimsOf(entities).length, 10);
    const [{ appearance }] = claimsOf(entities);
    assert.equal(appearance.name.length, 80);
    assert.match(appearance.name, /, page 12$/);
  });

  it('have well-formed names, even if a title is cut within an emoji', () => {
    const { entities } = shown({ text: 'x' }, [{ title: `${'x'.repeat(79)}👍` }], 'entity');
    const [{ appearance }] = claimsOf(entities);
    assert.equal(appearance.name.length, 80);
    assert.ok(appearance.name.isWellFormed());
  });
});
