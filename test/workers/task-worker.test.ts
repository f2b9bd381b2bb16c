import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { getCompileCacheDir } from 'node:module';
import { afterEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../src/clock.ts';
import { AttachmentError, type AttachmentErrorCode } from '../../src/errors.ts';
import { createLogger } from '../../src/log.ts';
import { TaskWorker, type TaskWorkerOptions } from '../../src/workers/task-worker.ts';
import { ManualClock } from '../support/manual-clock.ts';
import type { OddJob, OddResult } from './odd-worker.ts';

const LIMIT_MS = 20_000;
const IDLE_MS = 60_000;
const signal = new AbortController().signal;

const refused = (code: AttachmentErrorCode) => (error: unknown) =>
  error instanceof AttachmentError && error.code === code;

describe('a worker thread for tasks', () => {
  const opened: TaskWorker<OddJob, OddResult>[] = [];
  const lines: Record<string, unknown>[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((worker) => worker.close()));
    lines.length = 0;
  });

  function open(options: Partial<TaskWorkerOptions> = {}): TaskWorker<OddJob, OddResult> {
    const worker = new TaskWorker<OddJob, OddResult>({
      file: new URL('./odd-worker.ts', import.meta.url),
      clock: systemClock,
      log: createLogger('debug', { write: (line) => lines.push(JSON.parse(line)) }),
      limitMs: LIMIT_MS,
      maxWaiting: 2,
      idleMs: IDLE_MS,
      resourceLimits: { maxOldGenerationSizeMb: 32 },
      ...options,
    });
    opened.push(worker);
    return worker;
  }

  /** How many jobs its thread has had: 1 for a fresh one. */
  const countOf = async (worker: TaskWorker<OddJob, OddResult>) =>
    (await worker.run({ kind: 'count' }, { signal })).count;

  it('runs a job, and transfers memory both ways', async () => {
    const bytes = Uint8Array.of(1, 2, 3);
    const { bytes: doubled } = await open().run({ kind: 'double', bytes }, { signal, transfer: [bytes.buffer] });
    assert.deepEqual(doubled, Uint8Array.of(2, 4, 6));
    assert.equal(bytes.byteLength, 0);
  });

  it('runs its jobs one after another in the same thread', async () => {
    const worker = open();
    assert.deepEqual(await Promise.all([countOf(worker), countOf(worker), countOf(worker)]), [1, 2, 3]);
  });

  it('is busy when too many wait', async () => {
    const worker = open();
    const running = [countOf(worker), countOf(worker), countOf(worker)];
    await assert.rejects(countOf(worker), refused('busy'));
    assert.deepEqual(await Promise.all(running), [1, 2, 3]);
    assert.equal(await countOf(worker), 4);
  });

  it('ends a job at the time limit, and runs the next one in a new thread', async () => {
    const clock = new ManualClock();
    const worker = open({ clock });
    assert.equal(await countOf(worker), 1);
    const spinning = worker.run({ kind: 'spin' }, { signal });
    const next = countOf(worker);
    const late = assert.rejects(spinning, refused('too_slow'));
    await clock.advance(LIMIT_MS);
    await late;
    assert.equal(await next, 1);
  });

  it('stops a job that is aborted, and runs the next one', async () => {
    const worker = open();
    const abort = new AbortController();
    const spinning = worker.run({ kind: 'spin' }, { signal: abort.signal });
    const next = countOf(worker);
    const reason = new Error('not wanted any more');
    abort.abort(reason);
    await assert.rejects(spinning, reason);
    assert.equal(await next, 1);
  });

  it('drops a waiting job that is aborted, and one that was aborted before', async () => {
    const worker = open();
    const first = countOf(worker);
    const abort = new AbortController();
    const waiting = worker.run({ kind: 'spin' }, { signal: abort.signal });
    abort.abort();
    await assert.rejects(waiting, { name: 'AbortError' });
    await assert.rejects(worker.run({ kind: 'spin' }, { signal: abort.signal }), { name: 'AbortError' });
    assert.equal(await first, 1);
    assert.equal(await countOf(worker), 2);
  });

  it('rejects with the error of the job, and keeps the thread', async () => {
    const worker = open();
    await assert.rejects(worker.run({ kind: 'refuse' }, { signal }), refused('too_long'));
    await assert.rejects(worker.run({ kind: 'throw' }, { signal }), { code: 'damaged', message: 'RangeError' });
    assert.equal(await countOf(worker), 3);
  });

  for (const kind of ['throw later', 'exit'] as const) {
    it(`survives a thread that dies (${kind})`, async () => {
      const worker = open();
      await assert.rejects(worker.run({ kind }, { signal }), refused('damaged'));
      assert.equal(await countOf(worker), 1);
    });
  }

  it('survives a thread that fills its memory', async () => {
    const worker = open();
    await assert.rejects(worker.run({ kind: 'fill memory' }, { signal }), refused('too_large'));
    assert.equal(await countOf(worker), 1);
  });

  it('logs a thread that does not start', async () => {
    const worker = open({ file: new URL('./missing.ts', import.meta.url) });
    await assert.rejects(countOf(worker), refused('kind_unsupported'));
    await assert.rejects(countOf(worker), refused('kind_unsupported'));
    assert.deepEqual(
      lines.map(({ level, msg }) => [level, msg]),
      Array(2).fill(['error', 'worker thread not started']),
    );
  });

  it('logs the length of a few prints', async () => {
    const worker = open();
    await worker.run({ kind: 'print' }, { signal });
    assert.deepEqual(
      lines.map(({ level, chars }) => [level, chars]),
      [
        ['debug', 'to stdout 0\n'.length],
        ['debug', 'to stderr 0\n'.length],
        ['debug', 'to stdout 1\n'.length],
      ],
    );
  });

  it('gives the thread nothing of the environment but the compile cache', async () => {
    const { variables } = await open().run({ kind: 'environment' }, { signal });
    assert.deepEqual(variables, getCompileCacheDir() === undefined ? [] : ['NODE_COMPILE_CACHE']);
  });

  it('ends a thread that is idle', async () => {
    const clock = new ManualClock();
    const worker = open({ clock });
    assert.equal(await countOf(worker), 1);
    assert.deepEqual(clock.waiting, [IDLE_MS]);
    await clock.advance(IDLE_MS);
    assert.deepEqual(clock.waiting, []);
    assert.equal(await countOf(worker), 1);
  });

  it('rejects all jobs when it is closed, which is safe twice', async () => {
    const worker = open();
    const running = worker.run({ kind: 'spin' }, { signal });
    const waiting = countOf(worker);
    const ends = [running, waiting].map((job) => assert.rejects(job, refused('busy')));
    await Promise.all([worker.close(), worker.close()]);
    await Promise.all(ends);
    await assert.rejects(countOf(worker), refused('busy'));
  });

  it('keeps the process alive only while it works, and prints nothing', () => {
    const program = `
      import { systemClock } from ${JSON.stringify(new URL('../../src/clock.ts', import.meta.url))};
      import { createLogger } from ${JSON.stringify(new URL('../../src/log.ts', import.meta.url))};
      import { TaskWorker } from ${JSON.stringify(new URL('../../src/workers/task-worker.ts', import.meta.url))};
      const worker = new TaskWorker({
        file: new URL(${JSON.stringify(new URL('./odd-worker.ts', import.meta.url))}),
        clock: systemClock, log: createLogger('silent'),
        limitMs: ${LIMIT_MS}, maxWaiting: 1, idleMs: ${IDLE_MS}, resourceLimits: {},
      });
      const { signal } = new AbortController();
      await worker.run({ kind: 'print' }, { signal });
      const { count } = await worker.run({ kind: 'print' }, { signal });
      process.stdout.write('jobs ' + count);`;
    const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
      cwd: fileURLToPath(new URL('../../', import.meta.url)),
      encoding: 'utf8',
      timeout: 30_000,
    });
    assert.deepEqual({ stdout, stderr, status }, { stdout: 'jobs 2', stderr: '', status: 0 });
  });
});
