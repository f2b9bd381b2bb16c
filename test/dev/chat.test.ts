import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { ScriptedResponse } from '../../dev/simulator/responder.ts';
import { toPcm } from '../../src/audio/pcm.ts';
import { encodeWav } from '../../src/audio/wav.ts';
import {
  audioBytesOf,
  Chat,
  PROMPT,
  pcm,
  SECRET,
  SERVICE_ERROR,
  saidTo,
  spoken,
  startModel,
  textOf,
} from './chat-process.ts';

describe('npm run chat', { concurrency: true }, () => {
  it('prints what the quickstart prints, and writes exactly the audio of the model', async (t) => {
    const first = pcm(20_011, 1);
    const second = pcm(9_000, 2);
    const model = await startModel(t, [spoken('Hello there, you.', first), spoken('And more.', second)]);
    const wav = join(mkdtempSync(join(tmpdir(), 'chat-wav-')), 'chat.wav');
    t.after(() => rmSync(join(wav, '..'), { recursive: true }));
    writeFileSync(wav, 'what was there before');
    const chat = new Chat(t, model.env, { args: ['--events', '--wav', wav] });
    await chat.until(PROMPT);

    const lines = await chat.says('hello');
    assert.deepEqual(lines.slice(0, 2), [`Session ID: ${[...model.sessionIds][0]}`, 'Received text delta: Hello']);
    assert.equal(textOf(lines), 'Hello there, you.');
    assert.equal(audioBytesOf(lines), first.byteLength);

    assert.deepEqual(await chat.says('  '), []);
    assert.match((await chat.says('x'.repeat(20_001))).join(), /too long .* 20,000/);
    const more = await chat.says('more');
    assert.equal(textOf(more), 'And more.');
    assert.equal(audioBytesOf(more), second.byteLength);
    assert.ok(more.slice(0, -1).every((line) => line.startsWith('Received ')));
    assert.equal(more.at(-1), `0.4 s of audio, in ${wav}`);
    assert.deepEqual(readFileSync(wav), await encodeWav(toPcm([first, second])), 'while it runs');

    chat.type('q\nnever\n');
    assert.equal(await chat.ended(), 0);
    const ending = [
      'q',
      'Stopping the conversation.',
      `1.2 seconds of audio are in ${wav}.`,
      'Conversation ended.',
      '',
    ];
    assert.equal(chat.stdout.slice(chat.stdout.lastIndexOf(PROMPT) + PROMPT.length), ending.join('\n'));
    assert.deepEqual(readFileSync(wav), await encodeWav(toPcm([first, second])));
    assert.equal(chat.stderr, '');
    model.script.assertConsumed();
  });

  it('continues with its history after an error event and after a broken socket', async (t) => {
    const model = await startModel(t, [
      'One.',
      { outputs: [], ending: { kind: 'reject', error: SERVICE_ERROR } },
      {
        outputs: [{ text: 'It breaks off here', pcm: pcm(24_000, 3) }],
        ending: { kind: 'disconnect', afterDeltas: 2 },
      },
      'Three.',
    ]);
    const chat = new Chat(t, { ...model.env, LOG_LEVEL: 'info' });
    await chat.until(PROMPT);
    await chat.says('first');

    const refused = await chat.says('odd');
    assert.deepEqual(refused.slice(0, 2), ['Received an error event.', 'Error code: content_too_odd']);
    assert.match(refused[2] ?? '', /^Error Event ID: evt_[0-9a-f]{24}$/);
    assert.equal(refused[3], 'Error message: That is too odd.');
    assert.match(refused[4] ?? '', /^There is no answer \(request_rejected\): .* Try to say it in another way\.$/);
    assert.equal(refused.length, 5);

    const broken = await chat.says('second');
    assert.match(broken[0] ?? '', /^Session ID: sess_/);
    assert.ok(audioBytesOf(broken) > 0);
    assert.match(
      broken.at(-1) ?? '',
      /^The answer ends early \(lost\): the socket closed .*\. Ask again for the rest\.$/,
    );

    const third = await chat.says('third');
    assert.match(third[0] ?? '', /^Session ID: sess_/);
    assert.equal(textOf(third), 'Three.');
    assert.deepEqual(saidTo(model.script.contexts.at(-1)), [
      'user: first',
      'assistant: One.',
      'user: second',
      `assistant: ${textOf(broken)}`,
    ]);

    chat.closeInput();
    assert.equal(await chat.ended(), 0);
    assert.ok(chat.stdout.endsWith(`${PROMPT}\nStopping the conversation.\nConversation ended.\n`));
    assert.equal(model.sessionIds.size, 3);
    for (const line of chat.stderr.trim().split('\n')) assert.equal(typeof JSON.parse(line), 'object');
    model.script.assertConsumed();
  });

  it('says in one line what to do about a rejected handshake, and retries if that may help', async (t) => {
    const statuses = [401, 403, 404, 503];
    const refuse = () => {
      const status = statuses.shift();
      return status === undefined ? undefined : { status };
    };
    const model = await startModel(t, ['Now it works.'], refuse);
    const chat = new Chat(t, model.env);
    await chat.until(PROMPT);
    for (const [code, remedy] of [
      ['unauthorized', /AZURE_OPENAI_API_KEY/],
      ['forbidden', /Cognitive Services OpenAI User/],
      ['deployment_not_found', /AZURE_OPENAI_DEPLOYMENT_NAME/],
    ] as const) {
      const [line = '', ...others] = await chat.says('hello');
      assert.deepEqual(others, []);
      assert.ok(line.startsWith(`There is no answer (${code}): the service answered the handshake with 40`), line);
      assert.match(line, remedy);
    }
    // With the input at its end, nothing but the program's will to answer holds it while it waits.
    chat.type('hello');
    chat.closeInput();
    assert.equal(await chat.ended(), 0);
    const last = chat.stdout.slice(chat.stdout.lastIndexOf(`${PROMPT}hello`)).split('\n');
    assert.match(last[1] ?? '', /^That did not work\. Trying again in 0\.\d seconds …$/);
    assert.equal(textOf(last), 'Now it works.');
    assert.equal(last.at(-2), 'Conversation ended.');
    assert.ok(!`${chat.stdout}${chat.stderr}`.includes(SECRET));
  });

  it('cancels an answer at Ctrl-C, and ends the chat if there is none', {
    skip: process.platform === 'win32' && 'signals end a process there',
  }, async (t) => {
    const hang: ScriptedResponse = { outputs: [], ending: { kind: 'hang', afterDeltas: 0, created: false } };
    const model = await startModel(t, ['Warm.', hang, 'Back again.']);
    const chat = new Chat(t, model.env);
    await chat.until(PROMPT);
    await chat.says('warm up');

    chat.type('hang\n');
    await chat.until('hang\n');
    chat.interrupt();
    assert.equal(await chat.until(PROMPT), 'Cancelled.\n');
    assert.equal(textOf(await chat.says('hello')), 'Back again.');
    assert.deepEqual(saidTo(model.script.contexts.at(-1)), ['user: warm up', 'assistant: Warm.', 'user: hang']);

    chat.interrupt();
    assert.equal(await chat.ended(), 0);
    assert.ok(chat.stdout.endsWith(`${PROMPT}\nStopping the conversation.\nConversation ended.\n`));
    assert.equal(chat.stderr, '');
  });

  it('uses the simulator if no model is configured, even with other invalid settings, and answers all piped lines', async (t) => {
    const env = { PORT: 'seventy', MicrosoftAppType: 'none', WEBCHAT_AUDIO: 'loud', AZURE_OPENAI_ENDPOINT: ' ' };
    const chat = new Chat(t, env, {
      dotEnv: 'OPENAI_API_KEY=\nLOG_LEVEL=trace\n',
      args: [],
    });
    chat.type('say hi\nwhat did I say');
    chat.closeInput();
    assert.equal(await chat.ended(), 0);
    const [note = '', ...lines] = chat.stdout.split('\n');
    assert.match(note, /^No model is configured, so a SIMULATOR answers/);
    assert.equal(lines[0], `${PROMPT}say hi`);
    assert.match(lines[1] ?? '', /^Session ID: /);
    assert.equal(lines[2], 'hi');
    assert.match(lines[3] ?? '', /^\d\.\d s of audio$/);
    assert.deepEqual(lines.slice(4, 6), [`${PROMPT}what did I say`, 'You said: “say hi”']);
    assert.match(lines[6] ?? '', /^\d\.\d s of audio$/);
    assert.equal(chat.stderr, '');
  });

  it('prints the text as it arrives, then the length of the audio and the path of the file', async (t) => {
    const model = await startModel(t, [
      spoken('Hello there, you.', pcm(24_000, 1)),
      spoken('And more.', pcm(12_000, 2)),
    ]);
    const chat = new Chat(t, model.env, { args: ['--wav', 'chat.wav'] });
    await chat.until(PROMPT);
    const [session, ...lines] = await chat.says('hello');
    assert.match(session ?? '', /^Session ID: /);
    const wav = lines[1]?.split(', in ')[1] ?? '';
    assert.match(wav, /chat\.wav$/);
    assert.deepEqual(lines, ['Hello there, you.', `1.0 s of audio, in ${wav}`]);
    assert.deepEqual(await chat.says('more'), ['And more.', `0.5 s of audio, in ${wav}`]);
  });

  it('warns of a misspelled setting and an unknown voice at the start', async (t) => {
    const chat = new Chat(
      t,
      { REALTIME_VOICE: 'aloy' },
      { dotEnv: 'DALY_BUDGET_USD=5\nREALTME_VOICE=marin\n', args: [] },
    );
    chat.closeInput();
    assert.equal(await chat.ended(), 0);
    assert.deepEqual(
      chat.stderr.split('\n').map((line) => line.split(/[,;]/)[0]),
      [
        'REALTIME_VOICE is "aloy"',
        'DALY_BUDGET_USD is not a known setting and is ignored',
        'REALTME_VOICE is not a known setting and is ignored',
        '',
      ],
    );
  });

  it('lists the problems of its settings, including those in .env, without secrets', async (t) => {
    const chat = new Chat(
      t,
      { TURN_TIMEOUT_SECONDS: 'long', AZURE_OPENAI_ENDPOINT: `https://me:${SECRET}@example.com` },
      { dotEnv: `AZURE_OPENAI_API_KEY=${SECRET}\nHISTORY_TURNS=many\n` },
    );
    assert.equal(await chat.ended(), 1);
    assert.equal(chat.stdout, '');
    const [head, ...lines] = chat.stderr.trim().split('\n');
    assert.equal(head, 'The configuration cannot be used:');
    const names = ['AZURE_OPENAI_ENDPOINT', 'AZURE_OPENAI_DEPLOYMENT_NAME', 'HISTORY_TURNS', 'TURN_TIMEOUT_SECONDS'];
    for (const [index, name] of names.entries()) assert.ok(lines[index]?.startsWith(`  - ${name} `), lines[index]);
    assert.deepEqual(lines.slice(names.length), ['Every setting is described in .env.example.']);
    assert.ok(!chat.stderr.includes(SECRET));
  });

  it('reports before the first prompt that a WAV cannot be written', async (t) => {
    const model = await startModel(t, []);
    const chat = new Chat(t, model.env, { args: ['--wav', join('missing', 'chat.wav')] });
    chat.type('hello\n');
    assert.equal(await chat.ended(), 1);
    assert.equal(chat.stdout, '');
    assert.match(chat.stderr, /^\S*chat\.wav cannot be used for --wav: its folder does not exist\.\n$/);
    assert.equal(model.sessionIds.size, 0);
  });
});
