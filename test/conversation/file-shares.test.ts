import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setImmediate as nextTick } from 'node:timers/promises';
import { createPictureReader } from '../../src/attachments/picture.ts';
import { Semaphore } from '../../src/attachments/semaphore.ts';
import { createClipDecoder } from '../../src/audio/clip/clip-decoder.ts';
import { createFileFetcher } from '../../src/channel/fetch-sent-files.ts';
import { systemClock } from '../../src/clock.ts';
import { FILE_BOUNDS, type ReadAttachments, readAttachments } from '../../src/conversation/turn/read-attachments.ts';
import { createLogger } from '../../src/log.ts';
import { en } from '../../src/messages/en.ts';
import { type FileHost, startFileHost } from '../attachments/file-host.ts';
import { type AdapterUnderTest, startAdapter } from '../channel/adapter-under-test.ts';
import { inTime } from '../realtime/gathered.ts';
import { saying } from './saying.ts';
import { attemptAt } from './turn/attempt-under-test.ts';

const { max: AT_ONCE, maxPerPerson: SHARE, maxWaitingPerPerson: MAX_WAITING } = FILE_BOUNDS;
const FENCE = '/fence';

describe('files from users', { timeout: 60_000 }, () => {
  const parts = { clock: systemClock, log: createLogger('silent') };
  const readers = { clips: createClipDecoder(parts), pictures: createPictureReader(parts) };
  let under: AdapterUnderTest;
  let host: FileHost;
  let fileSlots: Semaphore;
  /** The open requests, by file name. */
  let open: Map<string, ServerResponse>;
  /** The names in the order of arrival. */
  let asked: string[];

  before(async () => {
    under = await startAdapter({ clock: systemClock });
    host = await startFileHost(() => {});
  });
  beforeEach(() => {
    open = new Map();
    asked = [];
    fileSlots = new Semaphore(FILE_BOUNDS);
    host.rule = ({ url = '' }, response) => {
      if (url === FENCE) return void response.end();
      const name = url.slice(url.lastIndexOf('/') + 1);
      asked.push(name);
      response.writeHead(200);
      response.write('half ');
      open.set(name, response);
    };
  });
  after(async () => {
    await host[Symbol.asyncDispose]();
    await under[Symbol.asyncDispose]();
    await Promise.all([readers.clips.close(), readers.pictures.close()]);
  });

  /**
   * Reads a message with one file, each in a new conversation. The file's name begins with the user's; every user
   * except `u` is verified.
   */
  function read(name: string, signal = new AbortController().signal): Promise<ReadAttachments> {
    const file = { kind: 'file', url: `${host.url}/${name}`, name, claimedType: '' } as const;
    const key = `emulator/${name}`;
    const conversation = { channelId: 'emulator', serviceUrl: 'http://127.0.0.1/', conversation: { id: name } };
    const reference = { activity: conversation, claims: [], audience: undefined };
    const personKey = name.startsWith('u') ? key : name.slice(0, 1);
    const message = saying(name, { key, personKey, attachments: [file], reference });
    const fetchFile = createFileFetcher({
      ...parts,
      adapter: under.adapter,
      config: { isAuthenticated: false, onlyLoopback: true, attachmentHosts: [], proxy: undefined },
    });
    const files = { readers, fetch: fetchFile, semaphore: fileSlots };
    const reading = readAttachments(attemptAt(message, { ...parts, files }, signal));
    reading.catch(() => {});
    return reading;
  }

  const several = (person: string, count: number) =>
    Array.from({ length: count }, (_, index) => read(`${person}${index}.txt`));

  async function until(count: number): Promise<void> {
    while (asked.length < count) await host.seen.when(host.seen.all.length + 1);
  }

  /** Resolves when everything sent before has arrived: connections on this machine keep their order. */
  async function fence(): Promise<void> {
    for (let i = 0; i < 3; i++) await (await fetch(new URL(FENCE, host.url))).text();
  }

  function end(name: string): void {
    open.get(name)?.end('a file');
    open.delete(name);
  }

  /** Answers all requests until every file has been read. */
  async function endAll(reading: readonly Promise<ReadAttachments>[]): Promise<void> {
    let isRead = false;
    const all = inTime(Promise.allSettled(reading)).finally(() => {
      isRead = true;
    });
    while (!isRead) {
      for (const name of open.keys()) end(name);
      await nextTick();
    }
    await all;
  }

  it('are fetched and read a few at a time', async () => {
    const reading = ['a', 'b', 'c', 'd', 'e', 'f'].flatMap((person) => several(person, 1));
    await until(AT_ONCE);
    await fence();
    assert.equal(open.size, AT_ONCE);
    await endAll(reading);
    assert.equal(asked.length, reading.length);
  });

  it('from one user in many conversations delay nobody else', async () => {
    const flood = several('a', SHARE + MAX_WAITING);
    await until(SHARE);
    await fence();
    assert.equal(open.size, SHARE);
    const other = read('b.txt');
    await until(SHARE + 1);
    end('b.txt');
    assert.match(JSON.stringify((await inTime(other)).parts), /half a file/);
    await endAll(flood);
  });

  it('from unverified users in any number of conversations delay nobody else', async () => {
    const flood = several('u', 2 * AT_ONCE);
    await until(AT_ONCE / 2);
    await fence();
    assert.equal(open.size, AT_ONCE / 2);
    const others = several('a', SHARE);
    await until(AT_ONCE / 2 + SHARE);
    for (let index = 0; index < SHARE; index++) end(`a${index}.txt`);
    for (const other of others) assert.match(JSON.stringify((await inTime(other)).parts), /half a file/);
    await endAll(flood);
  });

  it('from several users are read in turn, however many one of them sent before', async () => {
    const flood = [...several('a', SHARE + 4), ...several('c', SHARE + 4)];
    await until(AT_ONCE);
    const other = read('b.txt');
    for (const name of ['a0.txt', 'c0.txt', 'a1.txt']) end(name);
    await until(AT_ONCE + 3);
    assert.ok(asked.includes('b.txt'), String(asked));
    await endAll([...flood, other]);
  });

  it('are rejected as too many only for the user who has too many in the queue', async () => {
    const flood = several('a', SHARE + MAX_WAITING);
    await until(SHARE);
    assert.deepEqual((await read('a.txt')).warnings, [en.attachments.notRead.busy('a.txt')]);
    await endAll(flood);
  });

  it('are not requested once nobody wants them, and delay nobody', async () => {
    const first = several('a', SHARE);
    await until(SHARE);
    const ending = new AbortController();
    const unwanted = read('a-unwanted.txt', ending.signal);
    const last = read('a-last.txt');
    ending.abort(new Error('the user said stop'));
    await assert.rejects(unwanted, /the user said stop/);
    end('a0.txt');
    await until(SHARE + 1);
    await fence();
    assert.deepEqual(asked.slice(SHARE), ['a-last.txt']);
    await endAll([...first, last]);
  });

  it('free their place for others if they do not arrive', async () => {
    const ending = new AbortController();
    const first = Array.from({ length: SHARE }, (_, index) => read(`a${index}.txt`, ending.signal));
    await until(SHARE);
    const last = read('a-last.txt');
    ending.abort(new Error('the user said stop'));
    for (const each of first) await assert.rejects(each, /the user said stop/);
    await until(SHARE + 1);
    assert.equal(asked.at(-1), 'a-last.txt');
    await endAll([last]);
  });
});
