import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { toPcm } from '../../src/audio/pcm.ts';
import { encodeWav } from '../../src/audio/wav.ts';
import type { Env } from '../../src/env.ts';
import type { MindContext, Performance } from '../../src/simulator/mind.ts';
import { type Script, scripted, type Turn } from '../../src/simulator/script.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/simulator.ts';
import { toneVoice } from '../../src/simulator/voice.ts';

const ENTRY = fileURLToPath(new URL('../../src/cli/chat.ts', import.meta.url));
/** Half of a start is compiling; what one process has compiled serves the next. */
const COMPILE_CACHE = fileURLToPath(new URL('../../node_modules/.cache/bot-process', import.meta.url));
const PROMPT = 'Enter a message: ';
const PATIENCE_MS = 30_000;
const SECRET = 'a-secret-key';

/** The program as a process of its own, with these variables and no others, in an empty folder. */
class Chat {
  readonly folder = mkdtempSync(join(tmpdir(), 'chat-'));
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #exit: Promise<unknown[]>;
  readonly #onOutput = new Set<() => void>();
  #readTo = 0;
  stdout = '';
  stderr = '';

  constructor(t: TestContext, env: Env, { args = [], dotEnv }: { args?: string[]; dotEnv?: string } = {}) {
    if (dotEnv !== undefined) writeFileSync(join(this.folder, '.env'), dotEnv);
    this.#child = spawn(process.execPath, [ENTRY, ...args], {
      cwd: this.folder,
      env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: COMPILE_CACHE, ...env },
      stdio: 'pipe',
    });
    this.#exit = once(this.#child, 'close');
    // A program that ends at once does not read what it is told.
    this.#child.stdin.on('error', () => {});
    for (const name of ['stdout', 'stderr'] as const) {
      this.#child[name].setEncoding('utf8').on('data', (chunk: string) => {
        this[name] += chunk;
        for (const look of this.#onOutput) look();
      });
    }
    t.after(async () => {
      if (this.#child.exitCode === null) this.#child.kill('SIGKILL');
      await this.#exit;
      rmSync(this.folder, { recursive: true });
    });
  }

  type(text: string): void {
    this.#child.stdin.write(text);
  }

  closeInput(): void {
    this.#child.stdin.end();
  }

  interrupt(): void {
    this.#child.kill('SIGINT');
  }

  /** What is printed from where was read last up to `text`. */
  until(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        clearTimeout(timer);
        this.#onOutput.delete(look);
        act();
      };
      const fail = (why: string) =>
        settle(() => reject(new Error(`${why} without "${text}":\n${this.stdout}${this.stderr}`)));
      const timer = setTimeout(fail, PATIENCE_MS, `${PATIENCE_MS} ms went by`);
      const look = () => {
        const at = this.stdout.indexOf(text, this.#readTo);
        if (at < 0) return;
        const read = this.stdout.slice(this.#readTo, at);
        this.#readTo = at + text.length;
        settle(() => resolve(read));
      };
      this.#onOutput.add(look);
      look();
      void this.#exit.then(() => fail('it ended'));
    });
  }

  /** What is printed of one message, until the next one is asked for. */
  async says(line: string): Promise<string[]> {
    this.type(`${line}\n`);
    await this.until(`${line}\n`);
    return (await this.until(PROMPT)).split('\n').slice(0, -1);
  }

  /** The exit code, once all output is here. */
  async ended(): Promise<unknown> {
    const [code] = await this.#exit;
    return code;
  }
}

interface Model {
  readonly simulator: Simulator;
  readonly script: Script;
  readonly env: Env;
  readonly sessionIds: ReadonlySet<string>;
}

async function startModel(t: TestContext, turns: readonly Turn[], refuse?: SimulatorOptions['refuse']): Promise<Model> {
  const script = scripted(turns);
  const sessionIds = new Set<string>();
  const simulator = await startSimulator({
    mind: script.mind,
    voice: toneVoice(),
    paceMs: 0,
    onEvent: (_from, _event, sessionId) => sessionIds.add(sessionId),
    ...(refuse === undefined ? {} : { refuse }),
  });
  t.after(() => simulator.close());
  const env = {
    AZURE_OPENAI_ENDPOINT: simulator.url,
    AZURE_OPENAI_DEPLOYMENT_NAME: 'simulator',
    AZURE_OPENAI_API_KEY: SECRET,
  };
  return { simulator, script, env, sessionIds };
}

function spoken(text: string, pcm: Uint8Array): Performance {
  return { outputs: [{ text, pcm }], ending: { kind: 'completed' } };
}

/** Samples of which no two neighbours are equal. */
function pcm(samples: number, seed: number): Uint8Array {
  return Uint8Array.from({ length: samples * 2 }, (_, index) => (index * 7 + seed) % 251);
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => /^Received text delta: (.*)$/s.exec(line)?.[1] ?? '').join('');
}

function audioBytesOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + Number(/^Received (\d+) bytes of audio data\.$/.exec(line)?.[1] ?? 0), 0);
}

function saidTo(context: MindContext | undefined): string[] {
  return context?.said.map(({ role, text }) => `${role}: ${text}`) ?? [];
}

const SERVICE_ERROR = { type: 'invalid_request_error', code: 'content_too_odd', message: 'That is too odd.' };

// Each of these starts a process: side by side, they take the time of one.
describe('npm run chat', { concurrency: true }, () => {
  it('prints what the quickstart prints, and keeps the audio byte by byte', async (t) => {
    const first = pcm(20_011, 1);
    const second = pcm(9_000, 2);
    const model = await startModel(t, [spoken('Hello there, you.', first), spoken('And more.', second)]);
    const wav = join(mkdtempSync(join(tmpdir(), 'chat-wav-')), 'chat.wav');
    t.after(() => rmSync(join(wav, '..'), { recursive: true }));
    writeFileSync(wav, 'what was there before');
    const chat = new Chat(t, model.env, { args: ['--wav', wav] });
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
    assert.ok(more.every((line) => line.startsWith('Received ')));
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

  it('goes on after an error event and after a broken socket, with what was said', async (t) => {
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
    assert.deepEqual(saidTo(model.script.asked.at(-1)), [
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

  it('says in one line what to do about a refused handshake, and asks again where that may help', async (t) => {
    const statuses = [401, 403, 404, 503];
    const refuse = () => {
      const status = statuses.shift();
      return status === undefined ? undefined : { status };
    };
    const model = await startModel(t, ['Now it works.'], refuse);
    const chat = new Chat(t, model.env);
    await chat.until(PROMPT);
    for (const [code, remedy] of [
      ['unauthorized', /AZURE_OPENAI_API_KEY.*az login/],
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
    assert.match(last[1] ?? '', /^That did not work\. Asking again in 0\.\d seconds …$/);
    assert.equal(textOf(last), 'Now it works.');
    assert.equal(last.at(-2), 'Conversation ended.');
    assert.ok(!`${chat.stdout}${chat.stderr}`.includes(SECRET));
  });

  it('breaks off an answer at Ctrl-C, and the conversation when none is awaited', {
    skip: process.platform === 'win32' && 'signals end a process there',
  }, async (t) => {
    const hang: Performance = { outputs: [], ending: { kind: 'hang', afterDeltas: 0, created: false } };
    const model = await startModel(t, ['Warm.', hang, 'Back again.']);
    const chat = new Chat(t, model.env);
    await chat.until(PROMPT);
    await chat.says('warm up');

    chat.type('hang\n');
    await chat.until('hang\n');
    chat.interrupt();
    assert.equal(await chat.until(PROMPT), 'Cancelled.\n');
    assert.equal(textOf(await chat.says('hello')), 'Back again.');
    assert.deepEqual(saidTo(model.script.asked.at(-1)), ['user: warm up', 'assistant: Warm.', 'user: hang']);

    chat.interrupt();
    assert.equal(await chat.ended(), 0);
    assert.ok(chat.stdout.endsWith(`${PROMPT}\nStopping the conversation.\nConversation ended.\n`));
    assert.equal(chat.stderr, '');
  });

  it('talks with the simulator when no model is set up, whatever else is wrong, and answers all that was piped', async (t) => {
    const env = { PORT: 'seventy', MicrosoftAppType: 'none', WEBCHAT_AUDIO: 'loud', AZURE_OPENAI_ENDPOINT: ' ' };
    const chat = new Chat(t, env, { dotEnv: 'OPENAI_API_KEY=\nLOG_LEVEL=trace\n' });
    chat.type('say hi\nwhat did I say');
    chat.closeInput();
    assert.equal(await chat.ended(), 0);
    const [note = '', ...lines] = chat.stdout.split('\n');
    assert.match(note, /^No model is set up, so a SIMULATOR answers/);
    assert.equal(lines[0], `${PROMPT}say hi`);
    assert.equal(textOf(lines), 'hiYou said: “say hi”');
    assert.ok(audioBytesOf(lines) > 24_000);
    assert.equal(chat.stderr, '');
  });

  it('lists what is wrong with its settings, those of .env among them, and no secret', async (t) => {
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

  it('says before anything is asked that a WAV cannot be written', async (t) => {
    const model = await startModel(t, []);
    const chat = new Chat(t, model.env, { args: ['--wav', join('missing', 'chat.wav')] });
    chat.type('hello\n');
    assert.equal(await chat.ended(), 1);
    assert.equal(chat.stdout, '');
    assert.match(chat.stderr, /^\S*chat\.wav cannot be used for --wav: its folder does not exist\.\n$/);
    assert.equal(model.sessionIds.size, 0);
  });
});
