import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { de } from '../../src/messages/de.ts';
import { en } from '../../src/messages/en.ts';
import { failedBy } from '../realtime/server-events.ts';
import { type RawAnswer, startRawModel } from '../support/raw-model.ts';
import { ends, errors, SET_UP, says } from './fault-answers.ts';
import { startTimedBot, type TimedBot, until } from './timed-bot.ts';

const TIMEOUT = { timeout: 20_000 };
const FIELD = 'session.audio.output.voice';
const NOTE = en.commands.voiceRefused('ash', 'alloy');

/** A bot with a model that answers frame by frame as scripted. */
async function startWith(t: TestContext, answers: readonly RawAnswer[]) {
  const model = await startRawModel(answers);
  const bot = await startTimedBot({ env: { AZURE_OPENAI_ENDPOINT: model.url } });
  t.after(async () => {
    await bot[Symbol.asyncDispose]();
    await model.close();
  });
  return { bot, model };
}

async function ask(bot: TimedBot, text: string, fields: Record<string, unknown> = {}) {
  const before = bot.connector.messages.length;
  await bot.says(text, fields);
  return (await bot.replies(before + 1)).at(-1)?.body;
}

describe('a voice that the service rejects', TIMEOUT, () => {
  const notSupported = { code: 'invalid_value', message: "Invalid value: 'ash'. Voice not supported." };
  const unsupported = { code: 'unsupported', message: 'This voice cannot be used with the model.' };
  const refusals: [string, RawAnswer][] = [
    ['without event id', errors({ code: 'invalid_value', param: FIELD })],
    ['with our event id', errors({ code: 'invalid_value', param: FIELD }, 'session.update')],
    ['by the field of the preview', errors({ code: 'invalid_value', param: 'session.voice' })],
    ['by a field of the voice', errors({ code: 'invalid_type', param: `${FIELD}.id` }, 'session.update')],
    ['by the message alone', errors({ message: "Invalid value: 'ash'. Supported values are: 'alloy'." })],
    ['by other words', errors(unsupported, 'session.update')],
    ['as an error of the server', errors({ type: 'server_error', param: FIELD })],
    ['as an error of the server with our event id', errors({ type: 'server_error', param: FIELD }, 'session.update')],
    [
      'in the name of the response',
      errors({ code: 'invalid_value', param: 'response.audio.output.voice' }, 'response.create'),
    ],
    ['by the response', ends(failedBy({ type: 'invalid_request_error', ...notSupported }))],
    ['by the response, by its code alone', ends(failedBy(notSupported))],
    ['by the response, with the field', ends(failedBy({ type: 'server_error', code: 'server_error', param: FIELD }))],
  ];
  for (const [how, refusal] of refusals) {
    it(`is replaced by the configured one, and the user is told: ${how}`, async (t) => {
      const { bot, model } = await startWith(t, [refusal, says('One'), says('Two')]);
      assert.equal((await ask(bot, '/voice ash')).text, en.commands.voice('ash', undefined));
      const first = await ask(bot, 'first');
      assert.equal(first.text, `One\n\n${NOTE}`);
      assert.equal(first.attachments.length, 1, 'it is spoken');
      assert.deepEqual(model.voices, ['ash', 'alloy']);
      assert.equal((await ask(bot, 'second')).text, 'Two');
      assert.equal(model.sockets.length, 2, 'the session goes on');
      assert.equal((await ask(bot, '/voice')).text.split('\n')[0], en.commands.voiceIs('alloy'));
      const events = bot.logs.filter(({ msg }) => String(msg).startsWith('voice rejected by the service'));
      assert.deepEqual(
        events.map(({ rejectedVoice, voice }) => [rejectedVoice, voice]),
        [['ash', 'alloy']],
      );
    });
  }

  it('is reported in German to a German user', async (t) => {
    const { bot } = await startWith(t, [errors({ code: 'invalid_value', param: FIELD }), says('Eins')]);
    await ask(bot, '/voice ash');
    const { text } = await ask(bot, 'erste', { locale: 'de-DE' });
    assert.equal(text, `Eins\n\n${de.commands.voiceRefused('ash', 'alloy')}`);
  });

  for (const [how, failure] of [
    ['the turn fails in another way', errors({ code: 'insufficient_quota' })],
    ['the configured voice is refused, too', errors({ code: 'invalid_value', param: FIELD })],
  ] as const) {
    it(`is forgotten without a notice if ${how}`, async (t) => {
      const { bot, model } = await startWith(t, [errors({ param: FIELD }), failure, says('Two')]);
      await ask(bot, '/voice ash');
      const { text } = await ask(bot, 'first');
      assert.match(text, SET_UP);
      assert.ok(!text.includes(NOTE), text);
      assert.equal((await ask(bot, 'second')).text, 'Two');
      assert.deepEqual(model.voices, ['ash', 'alloy', 'alloy']);
    });
  }

  it('is a configuration fault if it is the configured one, and is not retried', async (t) => {
    for (const named of ['session.update', undefined] as const) {
      const { bot, model } = await startWith(t, [errors({ code: 'invalid_value', param: FIELD }, named)]);
      assert.match((await ask(bot, 'first')).text, SET_UP);
      const [ended] = await bot.logged('turn ended');
      assert.equal((ended?.['err'] as { code?: string } | undefined)?.code, 'settings_rejected');
      await until(() => bot.logs.some(({ msg }) => msg === 'session closed'));
      assert.deepEqual(model.voices, ['alloy']);
    }
  });

  it('is not assumed when other settings or other requests are rejected', async (t) => {
    for (const refusal of [
      errors({ code: 'invalid_value', param: 'session.instructions' }, 'session.update'),
      errors({ code: 'invalid_value', param: 'item.content[0].text' }),
      errors({ message: "Invalid value: 'in the voice of ash'." }, 'conversation.item.create'),
    ]) {
      const { bot, model } = await startWith(t, [refusal, says('Two')]);
      await ask(bot, '/voice ash');
      await ask(bot, 'first');
      assert.equal((await ask(bot, 'second')).text, 'Two');
      assert.deepEqual(model.voices, ['ash', 'ash']);
    }
  });
});
