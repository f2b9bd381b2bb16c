import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ServiceUrls } from '../../src/channel/service-urls.ts';
import { ManualClock } from '../support/manual-clock.ts';

describe('the service URL of a conversation', () => {
  const clock = new ManualClock();
  const at = (ms: number) => new Date(clock.now() + ms).toISOString() as unknown as Date;
  /** A message of the conversation `webchat/a`, sent at this offset in milliseconds. */
  const sent = (agoMs?: number) => ({
    activity: { channelId: 'webchat', conversation: { id: 'a' }, serviceUrl: 'https://own/' },
    claims: [],
    audience: undefined,
    ...(agoMs === undefined ? {} : { sentAtMs: clock.now() - agoMs }),
  });
  const KEY = 'webchat/a';

  it("is that of the newest activity, by the activity's own timestamp", () => {
    const urls = new ServiceUrls(clock);
    assert.equal(urls.newest(sent(3_000)), 'https://own');
    urls.remember(KEY, { serviceUrl: 'https://new/', timestamp: at(-1_000) });
    urls.remember(KEY, { serviceUrl: 'https://old/', timestamp: at(-2_000) });
    assert.equal(urls.newest(sent(3_000)), 'https://new');
    urls.remember(KEY, { serviceUrl: 'https://newer', timestamp: at(-500) });
    assert.equal(urls.newest(sent(3_000)), 'https://newer');
    urls.remember('webchat/b', { serviceUrl: 'https://other', timestamp: at(0) });
    assert.equal(urls.newest(sent(3_000)), 'https://newer');
  });

  it('is that of a message accepted by another instance if it is newer than the remembered one', () => {
    const urls = new ServiceUrls(clock);
    urls.remember(KEY, { serviceUrl: 'https://noted', timestamp: at(-2_000) });
    assert.equal(urls.newest(sent(1_000)), 'https://own');
    assert.equal(urls.newest(sent(3_000)), 'https://noted');
    assert.equal(urls.newest(sent()), 'https://noted');
    // Its channel's clock is ahead: it arrived before the remembered activity.
    assert.equal(urls.newest({ ...sent(-60_000), clockLeadMs: -63_000 }), 'https://noted');
  });

  it('is not pinned by an activity with a future timestamp or without one', () => {
    const urls = new ServiceUrls(clock);
    urls.remember(KEY, { serviceUrl: 'https://future', timestamp: at(1_000_000) });
    urls.remember(KEY, { serviceUrl: 'https://now', timestamp: at(0) });
    assert.equal(urls.newest(sent(3_000)), 'https://now');
    urls.remember(KEY, { serviceUrl: 'https://untold' } as { serviceUrl: string });
    assert.equal(urls.newest(sent(3_000)), 'https://untold');
  });
});
