import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { BotUnderTest } from '../support/bot.ts';
import { message, started, TUNNELLED } from './greeter.ts';
import { assertRefusal } from './raw-request.ts';

describe('a bot with open access', () => {
  const env = { HOST: '0.0.0.0', ALLOW_UNAUTHENTICATED: 'true' };
  let bot: BotUnderTest;
  before(async () => {
    bot = await started(env);
  });
  after(() => bot.close());

  it('is reachable under any name, through tunnels and proxies', async () => {
    for (const headers of [{ Host: 'bot.example' }, TUNNELLED, { Origin: 'http://bot.example' }])
      assert.equal((await message(bot, headers)).status, 200);
  });

  const answered = [
    'http://host.docker.internal:56150/_connector',
    'http://gateway.docker.internal:56150',
    'http://host.containers.internal:56150/_connector',
    'http://host.orb.internal:56150',
    'http://playground:56150/_connector',
    'http://playground.mynet:56150',
    'http://laptop.local:56150',
    'http://playground.default.svc.cluster.local',
    'https://abcd.ngrok-free.app',
    'http://100.64.0.5:56150',
    'https://client.example/',
    'http://my-metadata:56150',
    'http://localhost:56150',
    'http://emulator.localhost:5000',
    'http://172.17.0.1:56150',
    'http://10.1.2.3',
    'https://192.168.1.20:56150',
  ];
  for (const serviceUrl of answered) {
    it(`accepts activities of clients at ${serviceUrl}`, async () => {
      const typing = bot.message(undefined, { type: 'typing', serviceUrl });
      assert.equal((await bot.post(typing)).status, 200);
    });
  }

  it('answers clients at their address', async () => {
    const serviceUrl = bot.connector.url.replace('127.0.0.1', 'localhost');
    await bot.says('hello', { id: 'from-outside', serviceUrl });
    const reply = await bot.connector.when(
      ({ path, body }) => path.endsWith('/from-outside') && body.type === 'message',
    );
    assert.equal(reply.body.text, 'Hi');
  });

  const refused = [
    'http://169.254.169.254/latest/meta-data',
    'http://169.254.170.2/v2/credentials',
    'http://169.254.0.1:5000',
    'http://0xa9fea9fe/',
    'http://2852039166/',
    'http://169.254.43518/',
    'http://metadata/computeMetadata/v1',
    'http://METADATA./',
    'http://metadata.google.internal/',
    'http://Metadata.Google.Internal./',
    'http://instance-data/latest/meta-data',
    'http://instance-data.ec2.internal/',
    'http://100.100.100.200/latest/meta-data',
    'http://168.63.129.16/',
    'http://192.0.0.192/latest/',
  ];
  for (const serviceUrl of refused) {
    it(`sends nothing to ${serviceUrl}`, async () => {
      const answer = await bot.says('hello', { serviceUrl });
      assert.equal(answer.status, 403);
      assertRefusal(await answer.text(), 'forbidden');
    });
  }
});
