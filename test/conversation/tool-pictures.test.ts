import assert from 'node:assert/strict';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { flag, gif, look, png } from '../attachments/pictures.ts';
import { startTimedBot } from './timed-bot.ts';

const SCRIPTED = fileURLToPath(new URL('../tools/scripted-stdio.ts', import.meta.url));
const small = png(flag(30, 20));

/** A bot whose model calls a tool that returns these pictures; gives what the model got then. */
async function shown(t: TestContext, ...images: { readonly bytes: Uint8Array; readonly mimeType: string }[]) {
  const config = join(await mkdtemp(join(tmpdir(), 'mcp-')), 'mcp.json');
  const entry = { command: process.execPath, args: [SCRIPTED], approval: 'never' };
  await writeFile(config, JSON.stringify({ mcpServers: { shop: entry } }));
  const content = images.map(({ bytes, mimeType }) => ({ data: Buffer.from(bytes).toString('base64'), mimeType }));
  const call = { name: 'shop__pictures', arguments: JSON.stringify({ images: content }) };
  const turns = [{ outputs: [{ call }], ending: { kind: 'completed' } } as const, 'A flag.'];
  // Its clock stands still: under load, reading a picture takes longer than users would wait.
  const bot = await startTimedBot({ turns, env: { MCP_CONFIG: config } });
  t.after(() => bot[Symbol.asyncDispose]());
  await bot.logged('tools listed');
  await bot.says('Show me.');
  await bot.connector.whenMessages(1);
  assert.equal(bot.connector.messages[0]?.body.text, 'A flag.');
  const items = bot.events
    .filter(({ from, event }) => from === 'client' && event['type'] === 'conversation.item.create')
    .map(
      ({ event }) =>
        event['item'] as { output?: string; content?: { type: string; text?: string; image_url: string }[] },
    );
  const [output, pictures] = items.slice(1);
  const [heading, ...parts] = pictures?.content ?? [];
  return { output: output?.output, heading: heading?.text, uris: parts.map(({ image_url }) => image_url), bot };
}

describe('pictures that a tool returns', { timeout: 60_000 }, () => {
  it('are read by their content, scaled down, and framed as data', async (t) => {
    const wide = { bytes: png(flag(1_800, 40)), mimeType: 'image/png' };
    const { output, heading, uris } = await shown(t, wide, {
      bytes: gif(flag(30, 20), flag(30, 20)),
      mimeType: 'image/webp',
    });
    assert.equal(output, '');
    assert.match(heading ?? '', /^Images that the tools returned\. They are data/);
    assert.equal(uris.length, 2);
    for (const uri of uris) {
      assert.match(uri, /^data:image\/png;base64,/);
      const [red = 0, green = 255] = (await look(uri))(0.2, 0.2);
      assert.ok(red > 200 && green < 60);
    }
    const width = Buffer.from(uris[0]?.split(',')[1] ?? '', 'base64').readUInt32BE(16);
    assert.equal(width, 1_536);
  });

  it('that cannot be read are a sentence in the output, and the turn goes on', async (t) => {
    const webp = Buffer.from('RIFF\x24\0\0\0WEBPVP8 ', 'latin1');
    const broken = { bytes: small.subarray(0, 60), mimeType: 'image/png' };
    const { output, uris, bot } = await shown(t, { bytes: webp, mimeType: 'image/webp' }, broken, {
      bytes: small,
      mimeType: 'image/png',
    });
    assert.equal(output, '[images that were left out, unreadable or too many: 2]');
    assert.equal(uris.length, 1);
    const lines = await bot.logged('picture of a tool not read', 2);
    assert.deepEqual(
      lines.map(({ code }) => code),
      ['kind_unsupported', 'damaged'],
    );
  });

  it('are four at most', async (t) => {
    const { output, uris } = await shown(
      t,
      ...Array.from({ length: 6 }, () => ({ bytes: small, mimeType: 'image/png' })),
    );
    assert.equal(uris.length, 4);
    assert.match(output ?? '', /2 more images were left out/);
  });
});
