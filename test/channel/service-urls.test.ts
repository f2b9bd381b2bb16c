import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ServiceUrls } from '../../src/channel/service-urls.ts';
import { ManualClock } from '../support/manual-clock.ts';

describe('the address of a channel', () => {
  const clock = new ManualClock();
  const at = (ms: number) => new Date(clock.now() + ms).toISOString() as unknown as Date;

  it('is that of the newest activity, by its own timestamp', () => {
    const urls = new ServiceUrls(clock);
    urls.note('a', { serviceUrl: 'https://new/', timestamp: at(-1_000) });
    urls.note('a', { serviceUrl: 'https://old/', timestamp: at(-2_000) });
    assert.equal(urls.newest('a'), 'https://new');
    urls.note('a', { serviceUrl: 'https://newer', timestamp: at(-500) });
    assert.equal(urls.newest('a'), 'https://newer');
    assert.equal(urls.newest('b'), undefined);
  });

  it('is never held back by an activity of the future, nor by one that tells no time', () => {
    const urls = new ServiceUrls(clock);
    urls.note('a', { serviceUrl: 'https://future', timestamp: at(1_000_000) });
    urls.note('a', { serviceUrl: 'https://now', timestamp: at(0) });
    assert.equal(urls.newest('a'), 'https://now');
    urls.note('a', { serviceUrl: 'https://untold' } as { serviceUrl: string });
    assert.equal(urls.newest('a'), 'https://untold');
  });
});
