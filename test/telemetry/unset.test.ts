import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { simulatedResponder } from '../../dev/simulator/rules.ts';
import { startSimulator } from '../../dev/simulator/simulator.ts';
import { toneVoice } from '../../dev/simulator/voice.ts';
import { startBotProcess } from '../support/bot-process.ts';
import { startFakeConnector } from '../support/fake-connector.ts';

/** Prints the address of every loaded file at the end, whichever way it was loaded. */
const WATCH_MODULES = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  const urls = [];
  registerHooks({ load(url, context, next) { urls.push(url); return next(url, context); } });
  process.on('exit', () => process._rawDebug(urls.join('\\n')));
`)}`;

describe('a bot without APPLICATIONINSIGHTS_CONNECTION_STRING', () => {
  it('loads no telemetry SDK', async (t) => {
    const simulator = await startSimulator({ responder: simulatedResponder, voice: toneVoice(), paceMs: 0 });
    const connector = await startFakeConnector();
    const env = {
      AZURE_OPENAI_ENDPOINT: simulator.url,
      AZURE_OPENAI_DEPLOYMENT_NAME: 'simulator',
      AZURE_OPENAI_API_KEY: 'any',
      PORT: '0',
      NODE_OPTIONS: `--import ${WATCH_MODULES}`,
    };
    const bot = startBotProcess(env);
    t.after(async () => {
      await bot[Symbol.asyncDispose]();
      await connector.close();
      await simulator.close();
    });
    const activity = {
      ...{ type: 'message', id: 'a', channelId: 'emulator', serviceUrl: connector.url, text: 'hello' },
      ...{ conversation: { id: 'c' }, from: { id: 'u' }, recipient: { id: 'b' } },
    };
    await fetch(`${await bot.whenListening()}/api/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(activity),
    });
    await connector.whenMessages(1);
    bot.signal('SIGTERM');
    await bot.ended;
    const files = bot.stderr.split('\n').filter((url) => url.startsWith('file:'));
    // The bundle names the source of each of its parts.
    const loaded = files.flatMap((url) => readFileSync(new URL(url), 'utf8').match(/^\/\/ node_modules\/.*$/gm) ?? []);
    assert.ok(
      loaded.some((part) => part.includes('/@opentelemetry/api/')),
      'the watch sees modules',
    );
    assert.ok(loaded.some((part) => part.includes('/openai/realtime/')));
    const ofSdk = /@opentelemetry\/(?!api\/)|monitor-opentelemetry|applicationinsights/;
    assert.deepEqual(
      loaded.filter((part) => ofSdk.test(part)),
      [],
    );
  });
});
