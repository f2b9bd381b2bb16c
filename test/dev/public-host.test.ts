import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { publicHost } from '../../dev/public-host.ts';

describe('a public host', () => {
  for (const [text, host] of [
    ['bot.example.com', 'bot.example.com'],
    ['Bot.Example.COM', 'bot.example.com'],
    [' my-bot.azurewebsites.net ', 'my-bot.azurewebsites.net'],
    ['https://bot.example.com', 'bot.example.com'],
    ['HTTPS://bot.example.com/', 'bot.example.com'],
    ['3m.example.co.uk', '3m.example.co.uk'],
    ['abc123-3978.euw.devtunnels.ms', 'abc123-3978.euw.devtunnels.ms'],
    ['my-bot-h4fh.westeurope-01.azurewebsites.net', 'my-bot-h4fh.westeurope-01.azurewebsites.net'],
    ['bücher.example.com', 'xn--bcher-kva.example.com'],
    ['xn--bcher-kva.example.com', 'xn--bcher-kva.example.com'],
    ['пример.рф', 'xn--e1afmkfd.xn--p1ai'],
    [`${'a'.repeat(63)}.com`, `${'a'.repeat(63)}.com`],
  ] as const) {
    it(`is ${text}`, () => assert.equal(publicHost(text), host));
  }

  for (const text of [
    '',
    'bot',
    'localhost',
    'bot.localhost',
    'bot.local',
    'bot.internal',
    'bot.test',
    'http://bot.example.com',
    'ftp://bot.example.com',
    'https://bot.example.com/api/messages',
    'https://bot.example.com//',
    'https://https://bot.example.com',
    'bot.example.com/',
    'azurewebsites.net',
    'https://AzureWebsites.net/',
    'devtunnels.ms',
    'euw.devtunnels.ms',
    'ngrok-free.app',
    'trycloudflare.com',
    'bot.example.com:443',
    'https://bot.example.com:8443/',
    'user@bot.example.com',
    'bot.example.com?x',
    'bot.example.com#x',
    '10.0.0.1',
    '203.0.113.7',
    '0x7f.1',
    '[::1]',
    '2001:db8::1',
    'my_bot.example.com',
    '*.example.com',
    '-bot.example.com',
    'bot-.example.com',
    'bot..example.com',
    '.example.com',
    'bot.example.com.',
    'bot.example.123',
    'bot.example.c',
    'bot example.com',
    'bot%2eexample.com',
    'xn--zz\u0301.example.com',
    `${'a'.repeat(64)}.com`,
    `${'a.'.repeat(127)}com`,
  ]) {
    it(`is not ${JSON.stringify(text.slice(0, 40))}`, () => assert.equal(publicHost(text), undefined));
  }
});
