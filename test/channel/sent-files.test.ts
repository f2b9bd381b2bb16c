import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { after, before, beforeEach, describe, it } from 'node:test';
import { createFileFetcher } from '../../src/channel/sent-files.ts';
import { systemClock } from '../../src/clock.ts';
import type { FetchFile, TurnReference } from '../../src/conversation/turn.ts';
import { createLogger } from '../../src/log.ts';
import { type FileHost, startFileHost } from '../attachments/file-host.ts';
import { inTime } from '../realtime/gathered.ts';
import { type AdapterUnderTest, startAdapter } from './adapter-under-test.ts';

const FILES = 10;
const AT_ONCE = 4;
const FENCE = '/fence';

const reference: TurnReference = {
  activity: { channelId: 'emulator', serviceUrl: 'http://127.0.0.1/', conversation: { id: 'c' } },
  claims: [],
  audience: undefined,
};

describe('the files that people send', { timeout: 60_000 }, () => {
  let under: AdapterUnderTest;
  let host: FileHost;
  let fetchFile: FetchFile;
  let open: ServerResponse[];
  /** The paths, in the order of arrival. */
  let asked: (string | undefined)[];
  before(async () => {
    under = await startAdapter({ clock: systemClock });
    host = await startFileHost(() => {});
  });
  beforeEach(() => {
    open = [];
    asked = [];
    host.rule = ({ url }, response) => {
      if (url === FENCE) return void response.end();
      asked.push(url);
      response.writeHead(200);
      response.write('half ');
      open.push(response);
    };
    fetchFile = createFileFetcher({
      adapter: under.adapter,
      hosts: [],
      allowLoopback: true,
      clock: systemClock,
      log: createLogger('silent'),
    });
  });
  after(async () => {
    await host[Symbol.asyncDispose]();
    await under[Symbol.asyncDispose]();
  });

  function get(signal = new AbortController().signal, url = host.url): Promise<string> {
    const file = { kind: 'file', url, name: undefined, claimedType: '', fileType: undefined } as const;
    const fetched = fetchFile(file, reference, signal).then((bytes) => Buffer.from(bytes).toString());
    fetched.catch(() => {});
    return fetched;
  }

  /** Resolves when so many files have been asked for. */
  async function until(count: number): Promise<void> {
    while (asked.length < count) await host.seen.when(host.seen.all.length + 1);
  }

  /** Resolves when all has arrived that was sent before: what comes from this machine comes in its order. */
  async function fence(): Promise<void> {
    for (let i = 0; i < 3; i++) await (await fetch(new URL(FENCE, host.url))).text();
  }

  it('are fetched four at a time, in their order', async () => {
    const urls = Array.from({ length: FILES }, (_, i) => `${host.url}/${i}`);
    const fetched = urls.map((url) => get(undefined, url));
    for (let done = 0; done < FILES; done++) {
      const underWay = Math.min(AT_ONCE, FILES - done);
      await until(done + underWay);
      await fence();
      assert.equal(open.length, underWay);
      open.shift()?.end('a file');
    }
    assert.deepEqual(await inTime(Promise.all(fetched)), Array(FILES).fill('half a file'));
    const later = (paths: readonly unknown[]) => paths.slice(AT_ONCE);
    assert.deepEqual(later(asked), later(urls.map((url) => new URL(url).pathname)));
  });

  it('are not asked for when nobody wants them any more, and hold up nobody', async () => {
    const first = Array.from({ length: AT_ONCE }, () => get());
    await until(AT_ONCE);
    const ending = new AbortController();
    const unwanted = get(ending.signal, `${host.url}/unwanted`);
    const last = get(undefined, `${host.url}/last`);
    ending.abort(new Error('the user said stop'));
    await assert.rejects(unwanted, /the user said stop/);
    open[0]?.end('a file');
    await until(AT_ONCE + 1);
    await fence();
    assert.deepEqual(asked.slice(AT_ONCE), ['/file/last']);
    for (const response of open) response.end('a file');
    await inTime(Promise.all([...first, last]));
  });

  it('make room for others when they do not come', async () => {
    const ending = new AbortController();
    const first = Array.from({ length: AT_ONCE }, () => get(ending.signal));
    await until(AT_ONCE);
    const last = get();
    ending.abort(new Error('the user said stop'));
    for (const fetched of first) await assert.rejects(fetched, /the user said stop/);
    await until(AT_ONCE + 1);
    open.at(-1)?.end('a file');
    assert.equal(await inTime(last), 'half a file');
  });

  it('are not fetched where no address came with them', async () => {
    await assert.rejects(get(undefined, ''), { code: 'not_fetched' });
  });
});
