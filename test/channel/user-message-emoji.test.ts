import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { exchange, html, MENTION, TEAMS } from './exchange.ts';

const STATICS = 'https://statics.teams.cdn.office.net/evergreen-assets/personal-expressions/v2/assets/emoticons';
const wave = `${STATICS}/wave/default/20_f.png`;
const emoji = (alt: string, id = 'wave') =>
  `<img itemscope="" itemtype="http://schema.skype.com/Emoji" itemid="${id}" alt="${alt}" src="${STATICS}/${id}/default/20_f.png">`;
const SCHEMA = 'http://schema.skype.com';
const emojiAt = (src: string) => `<img itemtype="${SCHEMA}/Emoji" alt="🙂" src="${src.replaceAll('&', '&amp;')}">`;
const picture = (contentUrl: string) => ({ contentType: 'image/*', contentUrl });

describe('an emoji that Teams sends as a picture', () => {
  for (const [name, text, attachments, asked, entities = []] of [
    ['after a text', 'hello ', [picture(wave), html(`<p>hello ${emoji('👋')}</p>`)], 'hello 👋'],
    ['alone', '', [picture(wave), html(`<p>${emoji('👋')}</p>`)], '👋'],
    ['with an empty text', '', [picture(wave), html(`<p>hello ${emoji('👋')}</p>`)], 'hello 👋'],
    ['only in the HTML', undefined, [html(`<p>hello ${emoji('👋')}</p>`)], 'hello 👋'],
    ['only in the HTML, next to a text', 'hello ', [html(`<p>hello ${emoji('👋')}</p>`)], 'hello 👋'],
    ['as a picture alone', 'hello', [picture(wave)], 'hello :wave:'],
    [
      'several, in their places',
      'one  two ',
      [picture(wave), picture(wave), html(`<p>one ${emoji('👋🏽')} two ${emoji('👨‍👩‍👧', 'family')}${emoji('1️⃣')}</p>`)],
      'one 👋🏽 two 👨‍👩‍👧1️⃣',
    ],
    ...[
      'https://statics.gov.teams.microsoft.us/evergreen-assets/personal-expressions/v2/assets/emoticons/smile/default/20_f.png',
      'https://cdn.example/x.png?a=1&b=2',
    ].flatMap((src) => [
      [`at ${src}`, 'hi ', [picture(src), html(`<p>hi ${emojiAt(src)}</p>`)], 'hi 🙂'] as const,
      [`alone at ${src}`, '', [picture(src), html(`<p>${emojiAt(src)}</p>`)], '🙂'] as const,
      [
        `at ${src}, in the quoted message`,
        'hi',
        [picture(src), html(`<blockquote itemtype="${SCHEMA}/Reply" itemid="1">${emojiAt(src)}</blockquote><p>hi</p>`)],
        'In reply to a message: "🙂"\n\nhi',
      ] as const,
    ]),
    [
      'as a picture alone, of a government cloud',
      'hello',
      [picture(wave.replace('teams.cdn.office.net', 'gov.teams.microsoft.us'))],
      'hello :wave:',
    ],
    ["a tenant's own", 'hi ', [html(`<p>hi ${emoji('party parrot', 'party-parrot')}</p>`)], 'hi :party-parrot:'],
    [
      'after a mention',
      '<at>Bot</at> ',
      [picture(wave), html(`<p><at id="0">Bot</at>&nbsp;${emoji('👋')}</p>`)],
      '👋',
      [MENTION],
    ],
    [
      'between mentions in the older form',
      '<at>Bot</at> hello  <at>Jane Doe</at>!',
      [
        html(
          `<div><span itemscope="" itemtype="http://schema.skype.com/Mention" itemid="0">Bot</span> hello ${emoji('👋')} <span itemtype="http://schema.skype.com/Mention" itemid="1">Jane Doe</span>!</div>`,
        ),
      ],
      'hello 👋 Jane Doe!',
      [MENTION, { type: 'mention', text: '<at>Jane Doe</at>', mentioned: { id: '29:jane', name: 'Jane Doe' } }],
    ],
    [
      'where the HTML says something else',
      'see https://a.example',
      [html(`<p>see ${emoji('👋')}</p>`)],
      'see https://a.example 👋',
    ],
  ] as const) {
    it(`goes to the model as a character, and no file is fetched: ${name}`, async () => {
      const got = await exchange(text, { ...TEAMS, attachments, entities });
      assert.equal(got.asked, asked);
      assert.equal(got.answer, 'Answer');
    });
  }
});

const giphy = (alt: string) =>
  `<p><readonly itemtype="http://schema.skype.com/Giphy"><img ${alt} src="https://media4.giphy.com/media/x/giphy.gif" itemtype="http://schema.skype.com/Giphy"></readonly></p>`;

describe('a GIF or a sticker', () => {
  for (const [name, text, attachments, asked] of [
    ['a GIF', '', [html(giphy('alt="Happy Dance GIF"'))], '[GIF: Happy Dance]'],
    [
      'a GIF in the other form',
      'yes!',
      [html(`<p>yes!</p>${giphy('alt="Happy Dance (GIF Image)"')}`)],
      'yes!\n[GIF: Happy Dance]',
    ],
    ['a GIF without a description', '', [html(giphy(''))], '[GIF]'],
    ['a GIF as a picture', 'yes', [picture('https://media4.giphy.com/media/x/giphy.gif')], 'yes [GIF]'],
    [
      'a GIF of Tenor',
      '',
      [
        picture('https://media.tenor.com/x/tenor.gif'),
        html('<img itemtype="http://schema.skype.com/Tenor" alt="Cat GIF" src="https://media.tenor.com/x/tenor.gif">'),
      ],
      '[GIF: Cat]',
    ],
    [
      'a sticker',
      '',
      [
        html(
          '<img itemtype="http://schema.skype.com/Sticker" alt="Office Drama" src="https://eu-api.asm.skype.com/v1/objects/1/views/imgo">',
        ),
      ],
      '[sticker: Office Drama]',
    ],
    [
      'a sticker that is attached as a picture, too',
      '',
      [
        picture('https://eu-api.asm.skype.com/v1/objects/1/views/imgo'),
        html(
          `<img itemtype="${SCHEMA}/Sticker" alt="Drama" src="https://eu-api.asm.skype.com/v1/objects/1/views/imgo">`,
        ),
      ],
      '[sticker: Drama]',
    ],
    [
      'a GIF of an unknown provider',
      '',
      [
        picture('https://static.klipy.com/x.gif'),
        html(
          `<readonly itemtype="${SCHEMA}/Klipy"><img itemtype="${SCHEMA}/Klipy" alt="Dance (GIF Image)" src="https://static.klipy.com/x.gif"></readonly>`,
        ),
      ],
      '[GIF: Dance]',
    ],
    [
      'a GIF of an unknown provider, only in the HTML',
      'yes',
      [
        html(
          `<p>yes</p><readonly itemtype="${SCHEMA}/Klipy"><img itemtype="${SCHEMA}/Klipy" alt="Dance (GIF Image)" src="https://static.klipy.com/x.gif"></readonly>`,
        ),
      ],
      'yes\n[GIF: Dance]',
    ],
    [
      'a GIF whose type is only on the enclosing element',
      '',
      [html(`<readonly itemtype="${SCHEMA}/Giphy"><img alt="Dance GIF" src="https://cdn.example/x.gif"></readonly>`)],
      '[GIF: Dance]',
    ],
    [
      'a sticker in an element that cannot be changed',
      '',
      [
        html(
          `<readonly itemtype="${SCHEMA}/X"><img itemtype="${SCHEMA}/Sticker" alt="A" src="https://a.example/x"></readonly>`,
        ),
      ],
      '[sticker: A]',
    ],
    [
      'a sticker with only an address',
      '',
      [html('<img src="https://statics.teams.cdn.office.net/evergreen-assets/stickerassets/a/default/b.png">')],
      '[sticker]',
    ],
  ] as const) {
    it(`goes to the model as its description, and no file is fetched: ${name}`, async () => {
      const got = await exchange(text, { ...TEAMS, attachments });
      assert.equal(got.asked, asked);
      assert.equal(got.answer, 'Answer');
    });
  }
});
