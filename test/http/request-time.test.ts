import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate as nextTick } from 'node:timers/promises';
import { createMemoryLibrary } from '../../src/audio/library.ts';
import { createMemoryInvitations } from '../../src/conversation/stores/memory-invitations.ts';
import { createHttpServer } from '../../src/http/server.ts';
import { randomIds } from '../../src/ids.ts';
import { createLogger } from '../../src/log.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { noRecordings } from '../support/recordings.ts';

const ORDINARY_MS = 20_000;
const LONG_MS = 120_000;
const GUEST = {
  key: 'emulator/a',
  channel: 'emulator',
  scope: 'personal',
  user: { id: 'user-1', name: 'Ada', aadObjectId: undefined },
  personKey: 'emulator/a',
  isAllowed: true,
  locale: 'en',
  reference: { activity: {}, claims: [], audience: undefined },
} as const;

/** A server whose time the test moves. Whoever asks for `invited` was invited; of others that is never found out. */
async function started(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const clock = new ManualClock();
  const invitation = await createMemoryInvitations({ clock, ids: randomIds }).create(GUEST);
  const looked = Promise.withResolvers<void>();
  const server = createHttpServer({
    deliver: () => assert.fail('nothing is delivered'),
    library: createMemoryLibrary({ maxBytes: 1_000, retentionMs: 1_000, clock, ids: randomIds }),
    recordings: {
      ...noRecordings,
      async speakerOf(link) {
        looked.resolve();
        return link === 'invited' ? invitation : new Promise(() => {});
      },
      take: async () => 'taken',
    },
    about: { recordRetentionMs: 1, audioRetentionMs: 1, isStored: false },
    clock,
    isDraining: () => false,
    onlyLoopback: true,
    log: createLogger('fatal', { write: () => {} }),
  });
  const port = await server.listen(0, '127.0.0.1');
  t.after(async () => {
    t.mock.timers.reset();
    await server.close();
  });
  return { port, looked: looked.promise };
}

/** All of a recording but its end, and what becomes of it. */
function half(port: number, link: string) {
  const socket = connect(port, '127.0.0.1');
  const head = [`POST /talk/${link} HTTP/1.1`, 'Host: bot', 'Connection: close', 'Content-Type: audio/wav'];
  socket.write(`${[...head, 'Content-Length: 5'].join('\r\n')}\r\n\r\nRIFF`);
  let received = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    received += text;
  });
  socket.on('error', () => {});
  const closed = once(socket, 'close').then(() => received);
  return { socket, closed };
}

/** What was due is done, as far as it needs nothing from outside. */
async function tick(t: TestContext, ms: number): Promise<void> {
  await nextTick();
  t.mock.timers.tick(ms);
  await nextTick();
}

describe('the time for a request to arrive', { timeout: 20_000 }, () => {
  it('is 20 seconds where nobody is known to be invited', async (t) => {
    const { port, looked } = await started(t);
    const { socket, closed } = half(port, 'unknown');
    await looked;
    await tick(t, ORDINARY_MS - 1);
    assert.equal(socket.closed, false);
    await tick(t, 1);
    assert.equal(await closed, '');
  });

  it('is two minutes for a recording of somebody who was invited', async (t) => {
    const { port, looked } = await started(t);
    const { socket, closed } = half(port, 'invited');
    await looked;
    await tick(t, LONG_MS - 1);
    socket.write('E');
    assert.match(await closed, /^HTTP\/1\.1 202 /);
  });

  it('ends then', async (t) => {
    const { port, looked } = await started(t);
    const { closed } = half(port, 'invited');
    await looked;
    await tick(t, LONG_MS);
    assert.equal(await closed, '');
  });
});
