import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { TURN_ERRORS, type TurnErrorCode } from '../../src/errors.ts';
import { apology, clockTime, LANGUAGES, type Messages, messagesFor, spanOfTime } from '../../src/messages/messages.ts';

/** Every text of a language with its path; functions are called with two durations. */
function textsOf(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value === 'function') return [[path, String(value('0:01', '0:02'))]];
  return Object.entries(value as object).flatMap(([name, inner]) => textsOf(inner, `${path}.${name}`));
}

const POLITE: Readonly<Record<string, RegExp>> = { en: /please/i, de: /bitte/i };
const ASKING: Readonly<Record<string, RegExp>> = { en: /ask/i, de: /bitten|fragen/i };

function wordsOf(patterns: Readonly<Record<string, RegExp>>, language: string): RegExp {
  const pattern = patterns[language];
  assert.ok(pattern, `this test has no words for ${language}`);
  return pattern;
}

describe('the languages', () => {
  it('have two files each: the chat, and what is outside of it', () => {
    const files = readdirSync(new URL('../../src/messages/', import.meta.url)).filter(
      (file) => !['command-names.ts', 'messages.ts'].includes(file),
    );
    assert.deepEqual(
      files.sort(),
      Object.keys(LANGUAGES)
        .sort()
        .flatMap((language) => [`${language}-pages.ts`, `${language}.ts`]),
    );
  });

  for (const [language, messages] of Object.entries(LANGUAGES)) {
    it(`have all texts: ${language}`, () => {
      const texts = textsOf(messages);
      const english = textsOf(LANGUAGES['en']);
      assert.deepEqual(
        texts.map(([path]) => path),
        english.map(([path]) => path),
      );
      for (const [path, text] of texts) assert.notEqual(text.trim(), '', path);
      assert.equal(messages.language, language);
    });

    for (const code of Object.keys(TURN_ERRORS) as TurnErrorCode[]) {
      it(`have a polite and short apology for ${code}, with the incident id (${language})`, () => {
        const text = apology(code, '1a2b3c4d', messages);
        assert.match(text, /1a2b3c4d/);
        assert.ok(text.length < 180, text);
        assert.doesNotMatch(text, /error|exception|undefined|_/i);
        assert.match(text, wordsOf(POLITE, language));
      });
    }

    for (const [code, say] of Object.entries(messages.attachments.notRead)) {
      it(`have a polite and short text for a file that is ${code} (${language})`, () => {
        for (const text of [say('notes.txt'), say(undefined)]) {
          assert.ok(text.length < 220, text);
          assert.doesNotMatch(text, /error|exception|undefined|_/i);
          assert.match(text, wordsOf(POLITE, language));
        }
        assert.match(say('notes.txt'), /[“„]notes\.txt[”“]/);
      });
    }

    it(`give advice about recordings and too many files (${language})`, () => {
      const { voiceClip, voiceClipNoPage, videoClip, recordingLost, tooMany } = messages.attachments;
      for (const text of [voiceClip, recordingLost]) assert.match(text, /\/talk/);
      assert.doesNotMatch(voiceClipNoPage, /\/talk/);
      for (const text of [voiceClip, voiceClipNoPage, videoClip, recordingLost, tooMany('10', '3')])
        assert.match(text, wordsOf(POLITE, language));
      assert.match(tooMany('10', '3'), /10.*3/);
    });

    it(`explain why an answer ended early, with advice unless its user or a budget stopped it (${language})`, () => {
      assert.match(messages.cutShort.cancelled, /^\([^.]+\.\)$/);
      assert.match(messages.cutShort.budget, /^\([^.]+\.\)$/);
      for (const why of ['length', 'lost', 'filter'] as const) {
        assert.match(messages.cutShort[why], wordsOf(ASKING, language));
      }
    });

    it(`describe each command without another colon: "/name: …" has one (${language})`, () => {
      for (const text of Object.values(messages.commands.does)) assert.doesNotMatch(text, /:/);
    });

    it(`tell how many messages /stop has dropped, and what to do (${language})`, () => {
      const { stopped } = messages.commands;
      assert.equal(new Set([0, 1, 2].map(stopped)).size, 3);
      assert.doesNotMatch(stopped(0), wordsOf(POLITE, language));
      for (const count of [1, 16]) assert.match(stopped(count), wordsOf(POLITE, language));
      assert.match(stopped(16), /16/);
    });

    it(`respect Teams' limits for streamed text (${language})`, () => {
      assert.ok(messages.working.length <= 1_000);
    });
  }
});

describe('the language of a locale', () => {
  const language = (locale: string | undefined): Messages['language'] => messagesFor(locale).language;

  for (const locale of ['de', 'de-AT', 'DE-ch', 'de_DE', 'de-Latn-DE-1996']) {
    it(`is German for ${locale}`, () => assert.equal(language(locale), 'de'));
  }

  for (const locale of [undefined, '', 'en', 'en-US', 'tlh', 'den', 'x-de', '__proto__', 'constructor', '\0']) {
    it(`is English for ${JSON.stringify(locale)}`, () => assert.equal(language(locale), 'en'));
  }
});

describe('a duration on a player', () => {
  for (const [durationMs, shown] of [
    [0, '0:01'],
    [400, '0:01'],
    [59_499, '0:59'],
    [59_500, '1:00'],
    [61_000, '1:01'],
    [754_000, '12:34'],
    [3_600_000, '60:00'],
  ] as const) {
    it(`is ${shown} for ${durationMs} ms`, () => assert.equal(clockTime(durationMs), shown));
  }
});

describe('a retention time', () => {
  const HOUR_MS = 3_600_000;
  for (const [hours, english, german] of [
    [0.25, '15 minutes', '15 Minuten'],
    [1, '1 hour', '1 Stunde'],
    [24, '24 hours', '24 Stunden'],
    [47, '47 hours', '47 Stunden'],
    [48, '2 days', '2 Tage'],
    [49, '49 hours', '49 Stunden'],
    [720, '30 days', '30 Tage'],
    [87_600, '3,650 days', '3.650 Tage'],
  ] as const) {
    it(`is ${english} for ${hours} hours`, () => {
      assert.equal(spanOfTime(hours * HOUR_MS, messagesFor('en')), english);
      assert.equal(spanOfTime(hours * HOUR_MS, messagesFor('de')), german);
    });
  }
});
