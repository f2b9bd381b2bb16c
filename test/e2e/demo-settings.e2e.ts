import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';

const root = fileURLToPath(new URL('../../', import.meta.url));

describe('the demo with a voice and a prompt of its own', () => {
  it('shows the voice, gives the prompt to the model, and says once that it stops', async (t) => {
    const cwd = mkdtempSync(join(tmpdir(), 'demo-'));
    t.after(() => rmSync(cwd, { recursive: true }));
    writeFileSync(join(cwd, '.env'), 'REALTIME_VOICE=marin\nREALTIME_INSTRUCTIONS="Speak like a pirate."\n');
    const args = ['--import', `${root}src/node-version.js`, `${root}dev/demo.ts`];
    const env = { ...process.env, REALTIME_VOICE: undefined, REALTIME_INSTRUCTIONS: undefined };
    const demo = spawn(process.execPath, args, { cwd, env });
    t.after(() => demo.kill('SIGKILL'));
    let output = '';
    demo.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
    while (!/Ctrl-C ends/.test(output)) {
      assert.equal(demo.exitCode, null, output);
      await Promise.race([once(demo.stdout, 'data'), once(demo, 'close')]);
    }
    const page = /Chat page:\s+(\S+)/.exec(output)?.[1] ?? '';

    assert.match(await (await fetch(page)).text(), /"voice":"marin"/);
    assert.match(await answerTo('help', page), /“Speak like a pirate\.”/);

    demo.kill('SIGINT');
    demo.kill('SIGTERM');
    const [code] = await once(demo, 'close');
    assert.equal(code, 0);
    assert.equal(output.match(/Stopping …/g)?.length, 1);
  });
});

/** The bot's answer to a message, through Direct Line. */
async function answerTo(text: string, page: string): Promise<string> {
  const conversations = new URL('/v3/directline/conversations', page).href;
  const started = await (await fetch(conversations, { method: 'POST' })).json();
  const { conversationId, streamUrl } = started as { conversationId: string; streamUrl: string };
  const stream = new WebSocket(streamUrl);
  const answer = new Promise<string>((resolve) => {
    stream.on('message', (frame) => {
      const { activities = [] } = JSON.parse(String(frame) || '{}') as { activities?: { text?: string }[] };
      for (const { text: part = '' } of activities) if (part.includes('one computer voice')) resolve(part);
    });
  });
  await fetch(`${conversations}/${conversationId}/activities`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'message', text, from: { id: 'user' } }),
  });
  return answer.finally(() => stream.close());
}
