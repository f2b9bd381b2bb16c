import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { CLIP_LIMIT_MS, MAX_WAITING_CLIPS } from '../../../src/audio/clip/clip.ts';
import { Ffmpeg } from '../../../src/audio/clip/ffmpeg.ts';
import { type Clock, systemClock } from '../../../src/clock.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { amplitudeAt, clipFile, decibels } from './tones.ts';

const signal = new AbortController().signal;
const m4a = clipFile('stereo-44k1.m4a');
const onWindows = process.platform === 'win32' && 'the stand-in is a shell script';

describe('ffmpeg, as a shell script', { skip: onWindows }, () => {
  const opened: Ffmpeg[] = [];
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'stand-in-'));
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((ffmpeg) => ffmpeg.close()));
    const where = join(folder, 'where');
    if (!existsSync(where)) return;
    const ranIn = readFileSync(where, 'utf8').trim();
    assert.match(ranIn, /clip-\w+$/);
    assert.ok(!existsSync(ranIn), 'its folder is left over');
    rmSync(where);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** An ffmpeg that runs this script. */
  function standIn(script: string, clock: Clock = systemClock): Ffmpeg {
    writeFileSync(
      join(folder, 'ffmpeg'),
      `#!/bin/sh\npwd > ${folder}/here; mv ${folder}/here ${folder}/where\n${script}\n`,
      { mode: 0o755 },
    );
    const searchPath = ['.', '/nowhere', folder].join(delimiter);
    const ffmpeg = new Ffmpeg(clock, searchPath);
    opened.push(ffmpeg);
    return ffmpeg;
  }

  it('gets the bytes in a file with a fixed name, and returns audio', async () => {
    const pcm = await standIn('cat clip').decode(m4a, 'm4a', signal);
    assert.deepEqual(pcm, m4a.subarray(0, m4a.length - (m4a.length % 2)));
  });

  it('gets a fixed demuxer, and may open no other file and no address', async () => {
    const pcm = await standIn('echo "$@"; env').decode(m4a, 'm4a', signal);
    const [told = '', ...environment] = Buffer.from(pcm).toString().trim().split('\n');
    assert.match(
      told,
      / -f mov -format_whitelist mov -protocol_whitelist file -t 182 -i file:clip -map 0:a:0 -vn -sn -dn /,
    );
    assert.match(told, /^-nostdin .* -ac 1 -ar 24000 -f s16le pipe:1$/);
    // Variables that a shell sets itself.
    assert.ok(
      environment.every((line) => /^(PWD|SHLVL|_|OLDPWD)=/.test(line)),
      environment.join(),
    );
  });

  it('is searched for once, and may be missing', async () => {
    mkdirSync(join(folder, 'empty'));
    for (const searchPath of [undefined, '', join(folder, 'empty')]) {
      const ffmpeg = new Ffmpeg(systemClock, searchPath);
      const expected = {
        name: 'AttachmentError',
        code: 'kind_unsupported',
        message: /^m4a: ffmpeg not found; only WAV, MP3 and Opus/,
      };
      await assert.rejects(ffmpeg.decode(m4a, 'm4a', signal), expected);
    }
    const ffmpeg = standIn('echo 1234567');
    await ffmpeg.decode(m4a, 'm4a', signal);
    rmSync(join(folder, 'ffmpeg'));
    await assert.rejects(ffmpeg.decode(m4a, 'm4a', signal), { code: 'kind_unsupported', message: /does not run/ });
  });

  it("is reported as damaged without output, with ffmpeg's own words", async () => {
    const ffmpeg = standIn('echo "moov atom not found" >&2; exit 1');
    await assert.rejects(ffmpeg.decode(m4a, 'm4a', signal), { code: 'damaged', message: /moov atom not found/ });
  });

  it('is stopped at the time limit', async () => {
    const clock = new ManualClock();
    const slow = standIn('exec sleep 100', clock).decode(m4a, 'm4a', signal);
    const late = assert.rejects(slow, { code: 'too_slow' });
    await clock.whenWaiting(CLIP_LIMIT_MS);
    await clock.advance(CLIP_LIMIT_MS);
    await late;
  });

  it('is stopped if its output is too long', () =>
    assert.rejects(standIn('exec cat /dev/zero').decode(m4a, 'm4a', signal), { code: 'too_long' }));

  it('is stopped on abort, and so is a waiting run', async () => {
    const clock = new ManualClock();
    const ffmpeg = standIn('exec sleep 100', clock);
    const abort = new AbortController();
    const both = [1, 2].map(() => assert.rejects(ffmpeg.decode(m4a, 'm4a', abort.signal), { name: 'AbortError' }));
    await clock.whenWaiting(CLIP_LIMIT_MS);
    abort.abort();
    await Promise.all(both);
    const third = assert.rejects(ffmpeg.decode(m4a, 'm4a', abort.signal), { name: 'AbortError' });
    await third;
  });

  it('runs once at a time, and is busy when too many wait', async () => {
    const ffmpeg = standIn(`set -e; mkdir ${folder}/running; echo 1234567; rmdir ${folder}/running`);
    const all = await Promise.allSettled(
      Array.from({ length: MAX_WAITING_CLIPS + 2 }, () => ffmpeg.decode(m4a, 'm4a', signal)),
    );
    const rejected = all.filter(({ status }) => status === 'rejected');
    assert.deepEqual(rejected, all.slice(-1));
    assert.match(String((rejected[0] as PromiseRejectedResult).reason), /jobs wait already/);
  });

  it('is stopped on close, which may be called twice', async () => {
    const clock = new ManualClock();
    const ffmpeg = standIn('exec sleep 100', clock);
    const both = [1, 2].map(() => assert.rejects(ffmpeg.decode(m4a, 'm4a', signal), { code: 'busy' }));
    await clock.whenWaiting(CLIP_LIMIT_MS);
    await Promise.all([ffmpeg.close(), ffmpeg.close()]);
    await Promise.all(both);
    await assert.rejects(ffmpeg.decode(m4a, 'm4a', signal), { code: 'busy' });
  });
});

const searchPath = process.env['PATH'];
const isInstalled = spawnSync('ffmpeg', ['-version']).status === 0;

describe('ffmpeg', { skip: !isInstalled && 'it is not installed here' }, () => {
  const ffmpeg = new Ffmpeg(systemClock, searchPath);
  after(() => ffmpeg.close());

  const CLIPS = [
    ['stereo-44k1.m4a', 'm4a'],
    ['mono-48k.aac', 'aac'],
    ['mono.webm', 'webm'],
    ['mono-vorbis.ogg', 'ogg'],
    ['mono-8k.flac', 'flac'],
    ['mono-8k.amr', 'amr'],
    ['mono-8k.aiff', 'aiff'],
    ['mono-8k.caf', 'caf'],
    ['mono-8k-adpcm.wav', 'wav'],
    ['mono-44k1.mp3', 'mp3'],
    ['mono.opus', 'opus'],
  ] as const;

  for (const [name, kind] of CLIPS) {
    it(`decodes ${name}`, async () => {
      const pcm = await ffmpeg.decode(clipFile(name), kind, signal);
      const seconds = pcm.byteLength / 48_000;
      // Bare AAC does not declare the padding of its encoder.
      assert.ok(Math.abs(seconds - 1.5) < (kind === 'aac' ? 0.06 : 0.025), `${seconds} s`);
      const change = decibels(amplitudeAt(1_000, pcm) / (name.startsWith('stereo') ? 0.125 : 0.25));
      assert.ok(Math.abs(change) < 1.5, `${change.toFixed(2)} dB`);
    });
  }

  it('finds no audio in a playlist, and opens no address in it', async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const lists = [
      `#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:${port}/sound.aac\n`,
      `ffconcat version 1.0\nfile 'http://127.0.0.1:${port}/sound.aac'\n`,
    ];
    for (const text of lists) {
      for (const kind of ['m4a', 'webm', 'aac', 'wav'] as const) {
        await assert.rejects(ffmpeg.decode(Buffer.from(text), kind, signal), { code: 'damaged' }, kind);
      }
    }
    server.close();
    assert.equal(connections, 0);
  });
});
