import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { httpTransport } from '../../src/tools/mcp/http-transport.ts';

describe('a body of an MCP server over HTTP', () => {
  /** So many parts of 1 MB, each ended by an empty line. */
  async function answered(t: TestContext, contentType: string, write: (id: number) => readonly string[]) {
    const parts = { sent: 0 };
    const answer = async (_url: unknown, init?: RequestInit) => {
      const texts = write(JSON.parse(String(init?.body)).id);
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          const text = texts[parts.sent++];
          if (text === undefined) controller.close();
          else controller.enqueue(new TextEncoder().encode(text));
        },
      });
      return new Response(body, { headers: { 'content-type': contentType } });
    };
    const settings = { kind: 'http', url: 'https://mcp.example/mcp', headers: {}, entraScope: undefined } as const;
    const transport = httpTransport(settings, { fetch: answer as typeof fetch, token: undefined });
    t.after(() => transport.close());
    const arrived = new Promise<unknown>((resolve) => {
      transport.onmessage = resolve;
      transport.onerror = resolve;
    });
    await transport.start();
    await transport.send({ jsonrpc: '2.0', id: 1, method: 'ping' }).catch(() => {});
    return { message: await arrived, sent: parts.sent };
  }

  const filler = `${' '.repeat(1_000_000)}\n\n`;

  it('is limited as a whole if it is a single message, blank lines included', async (t) => {
    const { message, sent } = await answered(t, 'application/json', (id) => [
      `{"jsonrpc":"2.0","id":${id},"result":{},`,
      ...Array(60).fill(filler),
      '"z":1}',
    ]);
    assert.ok(message instanceof Error);
    assert.ok(sent < 20, `${sent} MB read`);
  });

  it('is limited for each event if it is a stream', async (t) => {
    const { message } = await answered(t, 'text/event-stream; charset=utf-8', (id) => [
      ...Array(20).fill(`: ${filler}`),
      `data: {"jsonrpc":"2.0","id":${id},"result":{}}\n\n`,
    ]);
    assert.deepEqual(message, { jsonrpc: '2.0', id: 1, result: {} });
  });
});
