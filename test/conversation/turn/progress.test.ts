import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { progressOf } from '../../../src/conversation/turn/turn-calls.ts';
import { de } from '../../../src/messages/de.ts';
import { en } from '../../../src/messages/en.ts';
import { messagesFor } from '../../../src/messages/messages.ts';
import { defineTool } from '../../../src/tools/define-tool.ts';

const definition = {
  name: 'x',
  title: 'Weather',
  description: 'x',
  parameters: z.object({}),
  approval: 'ask',
} as const;

describe('what people read while a tool works', () => {
  for (const [what, progress, locale, expected] of [
    ['its text in their language', { en: 'Looking…', de: 'Ich sehe nach …' }, 'de-AT', 'Ich sehe nach …'],
    ['its English text if it has none in their language', { en: 'Looking…' }, 'de', 'Looking…'],
    ['a sentence with its title if it has no English text', { de: 'Ich sehe nach …' }, 'en', en.toolWorking('Weather')],
    ['a sentence with its title if it has no text', {}, 'de', de.toolWorking('Weather')],
  ] as const)
    it(`is ${what}`, () => {
      assert.equal(progressOf(defineTool({ ...definition, progress, run: () => '' }), messagesFor(locale)), expected);
    });
});
