import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { EspeakCommand } from '../../../dev/simulator/espeak-command.ts';
import { openEspeakPackage } from '../../../dev/simulator/espeak-package.ts';
import { tone } from '../../../dev/simulator/tone.ts';
import { openVoice, toneVoice, type Voice, withFallback } from '../../../dev/simulator/voice.ts';
import { createLogger } from '../../../src/log.ts';

const SENTENCE = 'Hello, this is your bot speaking.';
const ODD_TEXTS = ['', ' ', '-v de --version', '**bold** 😀', '<speak>a & b', '\u0000', '\ud83d', '你好', '\n\n'];

function secondsOf(pcm: Uint8Array): number {
  return pcm.byteLength / 48_000;
}

function rms(pcm: Uint8Array): number {
  const view = new DataView(pcm.buffer, pcm.byteOffset, pcm.byteLength);
  let sum = 0;
  for (let offset = 0; offset < pcm.byteLength; offset += 2) sum += view.getInt16(offset, true) ** 2;
  return Math.sqrt(sum / (pcm.byteLength / 2));
}

/** A logger that keeps its lines. */
function keptLog() {
  const lines: { level: string; msg: string; voice?: string }[] = [];
  const log = createLogger('debug', { write: (line) => lines.push(JSON.parse(line)) });
  return { log, lines };
}

const silent = createLogger('silent');

async function assertSpeaks(voice: Voice): Promise<void> {
  const pcm = await voice.speak(SENTENCE);
  assert.ok(secondsOf(pcm) > 1.2 && secondsOf(pcm) < 3, `${secondsOf(pcm)} s`);
  assert.ok(rms(pcm) > 500, `level ${rms(pcm)}`);
  for (const text of ODD_TEXTS)
    assert.equal((await voice.speak(text)).byteLength % 2, 0, JSON.stringify(text.slice(0, 20)));
}

describe('the voice from the package', () => {
  let voice: Voice;
  before(async () => {
    voice = await openEspeakPackage(silent);
  });
  after(() => voice.close());

  it('speaks any text as 24 kHz PCM', () => assertSpeaks(voice));

  it('speaks several texts at once, each with its own audio', async () => {
    const texts = ['one', 'a longer text than that', 'one'];
    const [first, second, third] = await Promise.all(texts.map((text) => voice.speak(text)));
    assert.ok(first && second && third);
    assert.ok(second.byteLength > 1.5 * first.byteLength);
    assert.ok(Math.abs(third.byteLength - first.byteLength) < 4_800);
  });

  it('does not block the main thread', async () => {
    let longestGap = 0;
    let last = performance.now();
    const ticker = setInterval(() => {
      longestGap = Math.max(longestGap, performance.now() - last);
      last = performance.now();
    }, 5);
    const started = performance.now();
    await voice.speak('A long text. '.repeat(30));
    clearInterval(ticker);
    const took = performance.now() - started;
    assert.ok(longestGap < took * 0.7, `a gap of ${longestGap} ms in ${took} ms`);
  });

  it('cannot be opened if its worker fails', async () => {
    await assert.rejects(openEspeakPackage(silent, new URL("data:text/javascript,throw new Error('broken')")));
  });

  it('can be closed twice, also while it speaks', async () => {
    const speech = assert.rejects(voice.speak(SENTENCE.repeat(100)));
    await Promise.all([voice.close(), voice.close()]);
    await speech;
  });
});

const hasCommand = await EspeakCommand.open().then(
  () => true,
  () => false,
);

describe('the voice of the system', () => {
  it('speaks any text as 24 kHz PCM', { skip: hasCommand ? false : 'no espeak-ng on this machine' }, async () => {
    const voice = await EspeakCommand.open();
    await assertSpeaks(voice);
    await voice.close();
    await voice.close();
  });

  it('cannot be opened without the command, or if it fails', async () => {
    await assert.rejects(EspeakCommand.open('no-such-command'), { code: 'ENOENT' });
    await assert.rejects(EspeakCommand.open('false'), { code: 1 });
  });
});

describe('openVoice', () => {
  it('opens the voice from the package if it is installed, and logs its name', async () => {
    const { log, lines } = keptLog();
    const voice = await openVoice({ log });
    try {
      assert.equal(voice.name, 'espeak-ng (WebAssembly)');
      assert.deepEqual(
        lines.map(({ level, msg, voice: name }) => [level, msg, name]),
        [['info', 'voice opened', 'espeak-ng (WebAssembly)']],
      );
      assert.ok(secondsOf(await voice.speak(SENTENCE)) > 1.2);
    } finally {
      await voice.close();
      await voice.close();
    }
  });
});

describe('openVoice without some engines', () => {
  const missing = () => Promise.reject(new Error('not here'));

  it('opens the first engine that works', async () => {
    const { log, lines } = keptLog();
    const engine = async (): Promise<Voice> => ({ ...toneVoice(), name: 'second' });
    assert.equal((await openVoice({ log, engines: [missing, engine] })).name, 'second');
    assert.deepEqual(
      lines.map(({ msg }) => msg),
      ['voice not opened', 'voice opened'],
    );
  });

  it('is a tone if none works, and warns', async () => {
    const { log, lines } = keptLog();
    assert.equal((await openVoice({ log, engines: [missing] })).name, 'tone');
    assert.equal(lines.at(-1)?.level, 'warn');
  });
});

describe('a voice with a fallback', () => {
  it('rethrows its first failure, warns once, and answers later texts with a tone', async () => {
    const { log, lines } = keptLog();
    const broken: Voice = { name: 'broken', speak: () => Promise.reject(new Error('x')), close: async () => {} };
    const voice = withFallback(broken, log);
    const pending = [voice.speak('a'), voice.speak('b')];
    for (const speech of pending) await assert.rejects(speech, { message: 'x' });
    assert.deepEqual(await voice.speak('hello'), tone('hello'));
    assert.deepEqual(
      lines.map(({ level }) => level),
      ['warn'],
    );
  });

  it('does not warn of failures after it was closed', async () => {
    const { log, lines } = keptLog();
    const failing = Promise.withResolvers<Uint8Array>();
    const voice = withFallback({ name: 'x', speak: () => failing.promise, close: async () => {} }, log);
    const speech = assert.rejects(voice.speak('a'));
    await voice.close();
    failing.reject(new Error('closed'));
    await speech;
    assert.deepEqual(lines, []);
  });
});

describe('toneVoice', () => {
  it('is the tone, and can be closed twice', async () => {
    const voice = toneVoice();
    assert.deepEqual(await voice.speak('hello'), tone('hello'));
    await voice.close();
    await voice.close();
  });
});
