import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileProblem, WavFile } from '../../dev/chat/chat-wav.ts';
import { toPcm } from '../../src/audio/pcm.ts';
import { encodeWav } from '../../src/audio/wav.ts';

const folder = mkdtempSync(join(tmpdir(), 'chat-wav-'));
after(() => rmSync(folder, { recursive: true }));

const first = [Buffer.from([1, 2, 3]), Buffer.from([4])];
const second = [Buffer.alloc(100_000, 7)];

describe('WavFile', () => {
  it('is a complete WAV file after every answer', async () => {
    const path = join(folder, 'grows.wav');
    const wav = await WavFile.create(path);
    assert.deepEqual(readFileSync(path), await encodeWav(toPcm([])));

    await wav.add(toPcm(first));
    assert.deepEqual(readFileSync(path), await encodeWav(toPcm(first)));
    await wav.add(toPcm([]));
    await wav.add(toPcm(second));
    assert.deepEqual(readFileSync(path), await encodeWav(toPcm([...first, ...second])));
    assert.equal(wav.durationMs, Math.round(100_004 / 48));
    wav.close();
    wav.close();
  });

  it('replaces an older file', async () => {
    const path = join(folder, 'older.wav');
    const older = await WavFile.create(path);
    await older.add(toPcm(second));
    older.close();
    (await WavFile.create(path)).close();
    assert.equal(readFileSync(path).byteLength, 44);
  });

  it('does not count bytes that were not written', async () => {
    const path = join(folder, 'closed.wav');
    const wav = await WavFile.create(path);
    await wav.add(toPcm(second));
    wav.close();
    await assert.rejects(wav.add(toPcm(second)));
    assert.equal(wav.durationMs, Math.round(100_000 / 48));
    assert.deepEqual(readFileSync(path), await encodeWav(toPcm(second)));
  });
});

describe('fileProblem', () => {
  it('returns why a file cannot be created', async () => {
    mkdirSync(join(folder, 'taken'));
    const problemOf = (path: string) => WavFile.create(join(folder, path)).then(() => '', fileProblem);
    assert.equal(await problemOf('missing/a.wav'), 'its folder does not exist');
    assert.equal(await problemOf('taken'), 'it is a folder');
  });

  for (const [code, problem] of [
    ['EACCES', 'it is not writable'],
    ['EROFS', 'it is not writable'],
    ['ENOSPC', 'the disk is full'],
    ['EMFILE', 'too many'],
  ] as const) {
    it(`says what ${code} means`, () => {
      assert.equal(fileProblem(Object.assign(new Error('too many'), { code })), problem);
    });
  }
});
