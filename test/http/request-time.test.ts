import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate as nextTick } from 'node:timers/promises';
import { createMemoryAudioStore } from '../../src/audio/memory-audio-store.ts';
import { createMemoryRecordingLinks } from '../../src/conversation/recordings/memory-recording-links.ts';
import { createHttpServer } from '../../src/http/server.ts';
import { randomIds } from '../../src/ids.ts';
import { createLogger } from '../../src/log.ts';
import { until } from '../conversation/timed-bot.ts';
import { TEST_BUILD } from '../support/build.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { noRecordings } from '../support/no-recordings.ts';

const ORDINARY_MS = 20_000;
const LONG_MS = 120_000;
const OWNER = {
  key: 'emulator/a',
  channel: 'emulator',
  scope: 'personal',
  user: { id: 'user-1', name: 'Ada' },
  personKey: 'emulator/a',
  isAllowed: true,
  locale: 'en',
  reference: { activity: {}, claims: [], audience: undefined },
} as const;

/** A server on a manual clock. The link `usable` is valid; the check of any other never completes. */
async function started(t: TestContext) {
  const clock = new ManualClock();
  const recordingLink = await createMemoryRecordingLinks(clock, randomIds).create(OWNER);
  const looked = Promise.withResolvers<void>();
  const server = createHttpServer({
    build: TEST_BUILD,
    receiveActivity: () => assert.fail('nothing is delivered'),
    audioStore: createMemoryAudioStore({ maxBytes: 1_000, retentionMs: 1_000, clock, ids: randomIds }),
    recordings: {
      ...noRecordings,
      async findLink(link) {
        looked.resolve();
        return link === 'usable' ? recordingLink : new Promise(() => {});
      },
      async accept(_recordingLink, receive) {
        await receive();
        return 'accepted';
      },
    },
    about: { recordRetentionMs: 1, audioRetentionMs: 1, database: undefined, azureStorageBlobUrl: undefined },
    clock,
    isDraining: () => false,
    onlyLoopback: true,
    log: createLogger('fatal', { write: () => {} }),
  });
  const port = await server.listen(0, '127.0.0.1');
  t.after(async () => {
    await server.close();
  });
  return { clock, port, looked: looked.promise };
}

const WHOLE = 'RIFF and more and so on';

/** The beginning of a recording, and its response. */
function half(port: number, link: string, ...headers: string[]) {
  const server = Promise.withResolvers<Socket>();
  const onRequest = (message: unknown) => server.resolve((message as { request: IncomingMessage }).request.socket);
  subscribe('http.server.request.start', onRequest);
  const socket = connect(port, '127.0.0.1');
  const head = [
    `POST /record/${link} HTTP/1.1`,
    'Host: bot',
    'Connection: close',
    'Content-Type: audio/wav',
    ...headers,
  ];
  socket.write(`${[...head, `Content-Length: ${WHOLE.length}`].join('\r\n')}\r\n\r\nRIFF`);
  let received = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    received += text;
  });
  socket.on('error', () => {});
  const closed = once(socket, 'close').then(() => {
    unsubscribe('http.server.request.start', onRequest);
    return received;
  });
  /** Resolves when the server has received everything. */
  const arrived = async () => {
    const end = await server.promise;
    await until(() => end.bytesRead === socket.bytesWritten);
  };
  return { socket, closed, arrived };
}

/** What was due is done, as far as it needs nothing from outside. */
async function tick(clock: ManualClock, ms: number): Promise<void> {
  await nextTick();
  await clock.advance(ms);
  await nextTick();
}

describe('the time for a request to arrive', { timeout: 20_000 }, () => {
  it('is 20 seconds without a usable recording link', async (t) => {
    const { clock, port, looked } = await started(t);
    const { socket, closed } = half(port, 'unknown');
    await looked;
    await tick(clock, ORDINARY_MS - 1);
    assert.equal(socket.closed, false);
    await tick(clock, 1);
    assert.equal(await closed, '');
  });

  it('is not extended by Expect: 100-continue', async (t) => {
    const { clock, port, looked } = await started(t);
    const { closed } = half(port, 'unknown', 'Expect: 100-continue');
    await looked;
    await tick(clock, ORDINARY_MS);
    assert.match(await closed, /^HTTP\/1\.1 100 Continue\s*$/);
  });

  it('is two minutes for a recording with a usable link, if bytes keep arriving', async (t) => {
    const { clock, port } = await started(t);
    const { socket, closed, arrived } = half(port, 'usable');
    for (const word of WHOLE.slice(4).split(/(?= )/)) {
      await arrived();
      await tick(clock, ORDINARY_MS - 1);
      assert.equal(socket.closed, false);
      socket.write(word);
    }
    assert.match(await closed, /^HTTP\/1\.1 202 /);
  });

  it('ends for a recording of which no more bytes arrive', async (t) => {
    const { clock, port } = await started(t);
    const { closed, arrived } = half(port, 'usable');
    await arrived();
    await tick(clock, ORDINARY_MS);
    assert.equal(await closed, '');
  });

  it('ends after two minutes, however little is missing', async (t) => {
    const { clock, port } = await started(t);
    const { socket, closed, arrived } = half(port, 'usable');
    const waitsMs = [...Array.from({ length: 6 }, () => ORDINARY_MS - 1), LONG_MS - 6 * (ORDINARY_MS - 1)];
    for (const waitMs of waitsMs) {
      await arrived();
      assert.equal(socket.closed, false);
      await tick(clock, waitMs);
      socket.write('.');
    }
    assert.equal(await closed, '');
  });
});
