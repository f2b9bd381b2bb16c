import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { simulatedResponder } from '../../dev/simulator/rules.ts';
import { type Simulator, startSimulator } from '../../dev/simulator/simulator.ts';
import { toneVoice } from '../../dev/simulator/voice.ts';
import { type FakeConnector, startFakeConnector } from '../support/fake-connector.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

describe('the built bot', () => {
  let connector: FakeConnector;
  let simulator: Simulator;
  let bot: ChildProcess;
  let port: number;

  before(async () => {
    const build = spawnSync(process.execPath, ['dev/packaging/build.ts'], { cwd: root, encoding: 'utf8' });
    assert.equal(build.status, 0, build.stderr + build.stdout);
    connector = await startFakeConnector();
    simulator = await startSimulator({ responder: simulatedResponder, voice: toneVoice(), paceMs: 0 });
    bot = spawn(process.execPath, [`${root}dist/index.js`], {
      cwd: `${root}dist`,
      env: {
        PATH: process.env['PATH'],
        AZURE_OPENAI_ENDPOINT: simulator.url,
        AZURE_OPENAI_DEPLOYMENT_NAME: 'simulator',
        AZURE_OPENAI_API_KEY: 'any',
        PORT: '0',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    assert.ok(bot.stdout);
    const [line] = await once(createInterface({ input: bot.stdout }), 'line');
    port = JSON.parse(String(line)).port;
  });

  after(async () => {
    bot?.kill('SIGTERM');
    if (bot?.exitCode === null) await once(bot, 'close');
    await simulator?.close();
    await connector?.close();
  });

  it('answers a message and exits cleanly', async () => {
    const response = await fetch(`http://127.0.0.1:${port}/api/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        type: 'message',
        id: '1',
        channelId: 'emulator',
        serviceUrl: connector.url,
        conversation: { id: 'c' },
        from: { id: 'u' },
        recipient: { id: 'b' },
        text: 'say built and running',
      }),
    });
    assert.equal(response.status, 200);
    const [reply] = await connector.whenMessages(1);
    assert.equal(reply?.body.text, 'built and running');
    const audio = await fetch(reply?.body.attachments[0].contentUrl);
    assert.equal(audio.headers.get('content-type'), 'audio/wav');
    const page = await fetch(String(reply?.body.attachments[0].contentUrl).replace(/\.wav$/, ''));
    assert.match(await page.text(), /<script[^>]*>[^<]/);

    bot.kill('SIGTERM');
    const [code] = await once(bot, 'close');
    assert.equal(code, 0);
  });
});
