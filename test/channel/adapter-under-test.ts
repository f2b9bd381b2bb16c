import type { Activity } from 'botbuilder';
import { VoiceAdapter } from '../../src/channel/adapter.ts';
import type { Clock } from '../../src/clock.ts';
import { type FakeConnector, startFakeConnector } from '../support/fake-connector.ts';
import { silentTelemetry } from '../support/silent-telemetry.ts';
import { type WatchedLog, watchedLog } from './watched-log.ts';

export interface AdapterUnderTest extends AsyncDisposable {
  readonly adapter: VoiceAdapter;
  readonly connector: FakeConnector;
  readonly watched: WatchedLog;
  /** Sends an activity in a turn of its own; resolves with the channel's response. */
  send(activity: Partial<Activity>, serviceUrl?: string): Promise<unknown>;
}

export interface AdapterOptions {
  readonly clock: Clock;
  readonly turnTimeoutMs?: number;
}

/** The real adapter and a fake channel, without a bot or a model. Its retries come after 400, 800 and 1600 ms. */
export async function startAdapter({ clock, turnTimeoutMs = 90_000 }: AdapterOptions): Promise<AdapterUnderTest> {
  const connector = await startFakeConnector();
  const watched = watchedLog();
  const telemetry = silentTelemetry();
  const adapter = new VoiceAdapter({
    botEnv: {},
    clock,
    log: watched.log,
    random: () => 0.3,
    retryWithinMs: turnTimeoutMs,
    telemetry,
  });
  return {
    adapter,
    connector,
    watched,
    async send(activity, serviceUrl = connector.url) {
      let answer: unknown;
      await adapter.receive('', inbound(serviceUrl), async (context) => {
        answer = await context.sendActivity(activity);
      });
      return answer;
    },
    [Symbol.asyncDispose]: () => connector.close(),
  };
}

/** A message in the form in which a channel delivers it. */
export function inbound(serviceUrl: string): Activity {
  return {
    type: 'message',
    id: 'activity-1',
    channelId: 'directline',
    serviceUrl,
    conversation: { id: 'conversation-1' },
    from: { id: 'user-1' },
    recipient: { id: 'bot-1' },
  } as unknown as Activity;
}
