import type { Env } from '../../src/config/env.ts';
import { type BotUnderTest, startBot } from '../support/bot.ts';
import { sendRaw } from './raw-request.ts';

/** The headers that tunnels and proxies add to requests. */
export const TUNNELLED = {
  'X-Forwarded-For': '203.0.113.7',
  'X-Forwarded-Host': 'abc.devtunnels.example',
  'X-Tunnel-Authorization': 'x',
  'X-Tunnel-Id': 'x',
  Forwarded: 'for=203.0.113.7',
  Via: '1.1 proxy.example',
  'X-Real-IP': '203.0.113.7',
  'X-Forwarded-Proto': 'https',
  'CF-Connecting-IP': '203.0.113.7',
  'Ngrok-Trace-Id': 'x',
  'X-ARR-Log-Id': 'x',
};

/** A bot that answers everything with "Hi". */
export async function started(env: Env = {}, hasAppId = false): Promise<BotUnderTest> {
  const responder = () => ({ outputs: [{ text: 'Hi' }], ending: { kind: 'completed' } as const });
  return startBot({ env, hasAppId, simulator: { responder } });
}

/** A request with exactly the given header lines. */
export function request(bot: BotUnderTest, head: readonly string[], body = '') {
  const length = body === '' ? [] : ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`];
  return sendRaw(bot.url, [...head, ...length, 'Connection: close', '', body].join('\r\n'));
}

/** A message from a client on this machine, with these headers. */
export function message(bot: BotUnderTest, headers: Readonly<Record<string, string>>) {
  const lines = Object.entries({ Host: 'localhost:3978', ...headers }).map(([name, value]) => `${name}: ${value}`);
  return request(bot, ['POST /api/messages HTTP/1.1', ...lines], JSON.stringify(bot.message('hello')));
}
