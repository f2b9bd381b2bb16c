import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAX_RECORDING_LOOKUPS } from '../../src/http/shared-lookups.ts';
import { noRecordings } from '../support/no-recordings.ts';
import { serve, until } from './counted-store.ts';
import { assertRefusal } from './raw-request.ts';

for (const method of ['GET', 'POST']) {
  describe(`concurrent requests of ${method} /record/<link>`, { timeout: 60_000 }, () => {
    it('start at most a fixed number of lookups, also with made-up links: the others get 503', async (t) => {
      const held: (() => void)[] = [];
      const hold = () => new Promise<undefined>((resolve) => void held.push(() => resolve(undefined)));
      const { origin } = await serve(t, { ...noRecordings, findLink: hold });
      const ask = (link: number) => fetch(`${origin}/record/${link}`, { method });
      const taken = Array.from({ length: MAX_RECORDING_LOOKUPS }, (_, link) => ask(link));
      await until(() => held.length === MAX_RECORDING_LOOKUPS);
      const refused = await ask(MAX_RECORDING_LOOKUPS);
      assert.equal(refused.status, 503);
      assert.equal(refused.headers.get('retry-after'), '5');
      assertRefusal(await refused.text(), 'busy');
      const shared = ask(0);
      await fetch(`${origin}/health`);
      for (const answer of held) answer();
      for (const { status } of await Promise.all([...taken, shared])) assert.equal(status, 404);
      assert.equal(held.length, MAX_RECORDING_LOOKUPS);
    });
  });
}
