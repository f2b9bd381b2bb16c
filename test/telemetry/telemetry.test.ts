import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Exporter } from '../../src/telemetry/azure-monitor.ts';
import { Telemetry } from '../../src/telemetry/telemetry.ts';
import { watchedLog } from '../channel/watched-log.ts';
import { ManualClock } from '../support/manual-clock.ts';

const MODEL = { kind: 'azureKey', endpoint: 'https://example.openai.azure.com', model: 'a', apiKey: 'b' } as const;
const FLUSH_AND_CLOSE: Exporter = { flush: async () => {}, close: async () => {} };

function telemetryWith(open: () => Promise<Exporter>) {
  const clock = new ManualClock();
  const watched = watchedLog();
  return { clock, watched, telemetry: new Telemetry({ clock, log: watched.log, model: MODEL, open }) };
}

describe('telemetry', () => {
  it('is opened once, and never after it was closed', async () => {
    let opened = 0;
    const { telemetry } = telemetryWith(async () => {
      opened++;
      return FLUSH_AND_CLOSE;
    });
    await Promise.all([telemetry.start(() => 0), telemetry.start(() => 0)]);
    assert.equal(opened, 1);
    await telemetry.close();
    await telemetry.close();
    const other = telemetryWith(async () => assert.fail('opened after its end'));
    await other.telemetry.close();
    await other.telemetry.start(() => 0);
  });

  it('is logged and has no effect if it cannot be opened', async () => {
    const { telemetry, watched } = telemetryWith(() => Promise.reject(new Error('not installed')));
    await telemetry.start(() => 0);
    telemetry.count('duplicates');
    telemetry.turn({ key: 'a', channel: 'b', turnId: 'c', acceptedAtMs: 0 }).end({ result: 'spoken' });
    await telemetry.close();
    assert.match(JSON.stringify(watched.lines), /telemetry not opened: the bot runs without it/);
  });

  it('delays the end of the process by at most five seconds', async () => {
    const never = new Promise<void>(() => {});
    const { telemetry, watched, clock } = telemetryWith(async () => ({ ...FLUSH_AND_CLOSE, close: () => never }));
    await telemetry.start(() => 0);
    const closing = telemetry.close();
    await clock.advance(5_000);
    await closing;
    assert.match(JSON.stringify(watched.lines), /telemetry not flushed/);
  });
});
