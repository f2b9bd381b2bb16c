import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { ResponderContext, ScriptedResponse, ServiceError } from '../../dev/simulator/responder.ts';
import { startSimulator } from '../../dev/simulator/simulator.ts';
import { toneVoice } from '../../dev/simulator/voice.ts';
import { encodeWav } from '../../src/audio/wav.ts';
import { startFileHost } from '../attachments/file-host.ts';
import { toneOf } from '../dev/simulator/sounds.ts';
import { startBot } from '../support/bot.ts';
import { startBotProcess } from '../support/bot-process.ts';
import { type ConnectorRule, startFakeConnector } from '../support/fake-connector.ts';
import { type RawAnswer, startRawModel } from '../support/raw-model.ts';

/** Stands in all that people write, say, attach and are told. */
const WORD = 'Quxwort';
const KEY = 'a-secret-model-key';

const quoting = (code: string, type = 'invalid_request_error'): ServiceError => {
  return { type, code, message: `Invalid value: '${WORD}'` };
};

/** What the model makes of a message, by a word in it. */
const PERFORMANCES: Readonly<Record<string, ScriptedResponse>> = {
  refused: { outputs: [], ending: { kind: 'reject', error: quoting('invalid_value') } },
  failed: { outputs: [], ending: { kind: 'failed', error: quoting('invalid_value') } },
  filtered: { outputs: [{ text: WORD }], ending: { kind: 'incomplete', reason: 'content_filter' } },
  broken: { outputs: [{ text: WORD }], ending: { kind: 'completed' }, frames: [{ at: 'start', data: `{"${WORD}` }] },
  spoken: { outputs: [{ text: WORD }], ending: { kind: 'completed' }, transcription: { text: WORD } },
  untold: { outputs: [{ text: WORD }], ending: { kind: 'completed' }, transcription: { fails: true } },
};

function answerTo({ text }: ResponderContext): ScriptedResponse {
  const named = Object.entries(PERFORMANCES).find(([name]) => text.includes(name));
  return named?.[1] ?? { outputs: [{ text: `You said ${WORD}.` }], ending: { kind: 'completed' } };
}

/** What the channel makes of an answer, by the conversation. */
const takes: ConnectorRule = ({ path, body }, response) => {
  const error = { code: 'BadSyntax', message: `can't parse ${JSON.stringify(body)}` };
  const [, status] = /channel-(\d{3})/.exec(path) ?? [];
  if (status !== undefined) return { status: Number(status), body: { error } };
  if (path.includes('channel-text')) {
    response.writeHead(400, { 'content-type': 'text/plain' });
    response.end(`no: ${JSON.stringify(body)}`);
    return 'handled';
  }
  if (path.includes('channel-reset')) {
    response.socket?.destroy();
    return 'handled';
  }
  if (path.includes('channel-code')) return { status: 400, body: { error: { code: `no ${WORD}`, message: WORD } } };
  return undefined;
};

async function startAll(t: TestContext) {
  const closers: (() => PromiseLike<unknown>)[] = [];
  t.after(async () => {
    for (const close of closers.reverse()) await close();
  });
  const connector = await startFakeConnector();
  connector.rule = takes;
  closers.push(() => connector.close());
  const simulator = await startSimulator({ responder: answerTo, voice: toneVoice(), paceMs: 0 });
  closers.push(() => simulator.close());
  const pcm = toneOf(440, 300);
  const wav = await encodeWav({ chunks: [Buffer.from(pcm)], byteLength: pcm.byteLength });
  const host = await startFileHost(({ url = '' }, response) => {
    response.writeHead(url.includes('missing') ? 404 : 200, { 'content-type': 'text/plain' });
    response.end(url.endsWith('.wav') ? wav : `RIFF ${WORD} \xff\xd8 ${WORD}`);
  });
  closers.push(() => host[Symbol.asyncDispose]());
  const bot = startBotProcess({
    AZURE_OPENAI_ENDPOINT: simulator.url,
    AZURE_OPENAI_DEPLOYMENT_NAME: 'simulator',
    AZURE_OPENAI_API_KEY: KEY,
    REALTIME_TRANSCRIPTION_MODEL: 'whisper',
    LOG_LEVEL: 'trace',
    OPENAI_LOG: 'debug',
    PORT: '0',
  });
  closers.push(() => bot[Symbol.asyncDispose]());
  return { bot, connector, files: host.url.replace('/file', ''), url: await bot.whenListening() };
}

describe('the log of a bot', () => {
  it('holds nothing that people write, say or send, nor a key, at the level trace', { timeout: 110_000 }, async (t) => {
    const { bot, connector, files, url } = await startAll(t);
    let count = 0;
    const post = async (body: string, headers = {}) => {
      const sent = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body };
      await (await fetch(`${url}/api/messages`, sent)).text();
    };
    const activity = (fields: object, conversation = `own-${++count}`) => ({
      type: 'message',
      id: `activity-${++count}`,
      channelId: 'emulator',
      serviceUrl: connector.url,
      conversation: { id: conversation, name: WORD },
      from: { id: 'user-1', name: WORD },
      recipient: { id: 'bot-1', name: WORD },
      locale: `en-x-${WORD}`,
      entities: [{ type: 'mention', text: `<at>${WORD}</at>`, mentioned: { id: 'bot-1', name: WORD } }, { type: WORD }],
      channelData: { [WORD]: WORD },
      ...fields,
    });
    const postActivity = (fields: object, conversation?: string) =>
      post(JSON.stringify(activity(fields, conversation)));

    for (const name of ['plain', ...Object.keys(PERFORMANCES)]) await postActivity({ text: `${name} ${WORD}` });
    for (const way of ['400', '403', '404', '413', '503', 'text', 'reset', 'code'])
      await postActivity({ text: `hello ${WORD}` }, `channel-${way}`);
    for (const command of ['help', 'voice', 'language', 'reset', 'stop', 'mode', WORD])
      await postActivity({ text: `/${command} ${WORD}` });
    const file = (path: string, contentType = 'any/thing') => ({
      contentType,
      contentUrl: `${files}/${path}`,
      name: `${WORD}.x`,
    });
    for (const attachment of [
      file(`${WORD}.txt`),
      file(`missing-${WORD}`),
      file(`${WORD}.png`, 'image/png'),
      file('clip.wav', 'audio/wav'),
      { contentType: 'any/thing', contentUrl: `https://files.example.com/${WORD}?${WORD}#${WORD}`, name: WORD },
      { contentType: 'any/thing', contentUrl: `${WORD}://`, name: WORD },
      { contentType: `${WORD}/${WORD}`, content: { [WORD]: WORD }, name: WORD },
      { contentType: 'text/plain', contentUrl: `data:text/plain;base64,${btoa(WORD)}`, name: WORD },
      { contentType: 'image/png', contentUrl: `data:image/png;base64,${btoa(`\x89PNG\r\n\x1a\n${WORD}`)}`, name: WORD },
      { contentType: 'audio/mpeg', contentUrl: `data:audio/mpeg;base64,${btoa(`ID3${WORD.repeat(99)}`)}`, name: WORD },
      { contentType: 'text/html', content: `<p>${WORD}</p><attachment id="${WORD}"></attachment>` },
    ])
      await postActivity({ text: `spoken ${WORD}`, attachments: [attachment] });
    await postActivity({ text: 'untold', attachments: [file('clip.wav', 'audio/wav')] });

    const rating = { actionName: 'feedback', actionValue: { reaction: 'like', feedback: WORD } };
    await postActivity({ type: 'invoke', name: 'message/submitAction', value: rating });
    for (const name of ['task/fetch', 'task/submit', 'fileConsent/invoke', WORD])
      await postActivity({ type: 'invoke', name, value: { action: WORD, context: WORD, data: { [WORD]: WORD } } });
    await postActivity({ type: 'conversationUpdate', membersAdded: [{ id: WORD, name: WORD }] });
    await postActivity({ type: 'messageReaction', reactionsAdded: [{ type: WORD }] });
    for (const type of [WORD, 'event', 'typing', 'messageUpdate', 'messageDelete', 'installationUpdate'])
      await postActivity({ type, text: WORD, value: WORD });
    await postActivity({ serviceUrl: `http://${WORD}/${WORD}`, text: WORD });
    await postActivity({ text: { [WORD]: WORD }, from: WORD });
    for (const body of [`{"text":"${WORD}`, WORD, `["${WORD}"]`, `"${WORD}"`, '']) await post(body);
    await post(JSON.stringify(activity({ text: WORD })), { authorization: `Bearer ${WORD}` });
    await post(WORD, { 'content-type': WORD });

    bot.signal('SIGTERM');
    assert.deepEqual(await bot.ended, { code: 0, signal: null });
    for (const happened of ['service error received', 'reply not sent', 'send retried', 'attachment not read'])
      assert.ok(bot.stdout.includes(`"msg":"${happened}`), happened);
    const lines = (bot.stdout + bot.stderr).split('\n');
    assert.deepEqual(
      lines.filter((line) => line.toLowerCase().includes(WORD.toLowerCase()) || line.includes(KEY)),
      [],
    );
    assert.doesNotMatch(bot.stdout, /authorization|bearer/i);
  });

  for (const [what, env, fields, happened] of [
    [
      'holds no id that a sender who is refused only claims',
      { ALLOWED_USERS: 'somebody-else' },
      { channelId: 'webchat', from: { id: WORD, name: WORD, aadObjectId: WORD } },
      'not in ALLOWED_USERS or ALLOWED_TENANTS"',
    ],
    ['holds no reason by which the model closes its socket', {}, {}, 'the socket closed (1008)'],
  ] as const) {
    it(what, { timeout: 60_000 }, async (t) => {
      const closes: RawAnswer = ({ socket }) => socket.close(1008, `Invalid value: '${WORD}'`);
      const model = await startRawModel([closes, closes, closes]);
      t.after(() => model.close());
      const connector = await startFakeConnector();
      t.after(() => connector.close());
      const bot = startBotProcess({
        AZURE_OPENAI_ENDPOINT: model.url,
        AZURE_OPENAI_DEPLOYMENT_NAME: 'raw',
        AZURE_OPENAI_API_KEY: KEY,
        LOG_LEVEL: 'trace',
        PORT: '0',
        ...env,
      });
      t.after(() => bot[Symbol.asyncDispose]());
      const message = {
        ...{ type: 'message', id: 'activity-1', channelId: 'emulator', serviceUrl: connector.url, text: WORD },
        ...{ conversation: { id: 'conversation-1' }, from: { id: 'user-1' }, recipient: { id: 'bot-1' }, ...fields },
      };
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify(message);
      await fetch(`${await bot.whenListening()}/api/messages`, { method: 'POST', headers, body });
      await connector.whenMessages(1);
      bot.signal('SIGTERM');
      assert.deepEqual(await bot.ended, { code: 0, signal: null });
      assert.ok(bot.stdout.includes(happened), bot.stdout);
      assert.ok(!(bot.stdout + bot.stderr).toLowerCase().includes(WORD.toLowerCase()), bot.stdout);
    });
  }

  it('names a person once, and a conversation in whose name nobody is vouched for not twice', async (t) => {
    const id = 'c'.repeat(1_000);
    const bot = await startBot({ env: { ALLOWED_USERS: 'somebody-else' } });
    t.after(() => bot.close());
    await bot.says('hello', { conversation: { id } });
    await bot.connector.whenMessages(1);
    const [line] = await bot.logged('message refused: not in ALLOWED_USERS or ALLOWED_TENANTS');
    assert.equal(JSON.stringify(line).split(id).length - 1, 1);
  });
});
