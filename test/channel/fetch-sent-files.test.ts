import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createFileFetcher } from '../../src/channel/fetch-sent-files.ts';
import { systemClock } from '../../src/clock.ts';
import type { FetchFile, MessageReference } from '../../src/conversation/user-message.ts';
import { createLogger } from '../../src/log.ts';
import { type AdapterUnderTest, startAdapter } from './adapter-under-test.ts';

const reference: MessageReference = {
  activity: { channelId: 'emulator', serviceUrl: 'http://127.0.0.1/', conversation: { id: 'c' } },
  claims: [],
  audience: undefined,
};

describe('a file that a user sends', { timeout: 60_000 }, () => {
  let under: AdapterUnderTest;
  let fetchFile: FetchFile;
  before(async () => {
    under = await startAdapter({ clock: systemClock });
    fetchFile = createFileFetcher({
      adapter: under.adapter,
      config: { isAuthenticated: false, onlyLoopback: true, attachmentHosts: [], proxy: undefined },
      clock: systemClock,
      log: createLogger('silent'),
    });
  });
  after(() => under[Symbol.asyncDispose]());

  function get(url: string, attachmentId = ''): Promise<Uint8Array> {
    const file = { kind: 'file', url, attachmentId, name: undefined, claimedType: '' } as const;
    return fetchFile(file, reference, new AbortController().signal);
  }

  it('is not fetched from the service URL if that address is not verified', async () => {
    for (const serviceUrl of ['https://telegram.botframework.com/', 'http://host.docker.internal:56150/_connector/']) {
      const activity = { channelId: 'telegram', serviceUrl, conversation: { id: 'c' } };
      const url = new URL('/v3/attachments/x/views/original', serviceUrl).href;
      const file = { kind: 'file', url, name: undefined, claimedType: '' } as const;
      const fetched = fetchFile(file, { ...reference, activity }, new AbortController().signal);
      await assert.rejects(fetched, { code: 'address_refused' });
    }
  });

  it('is not fetched if the activity has no service URL', async () => {
    await assert.rejects(get(''), { code: 'sign_in_needed' });
    await assert.rejects(get('', '../conversations'), { code: 'sign_in_needed' });
  });
});
