import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ClaimsIdentity, type ConnectorClient } from 'botframework-connector';
import { CachingAuthentication } from '../../src/channel/connector-clients.ts';

const identityOf = (bot: string) => new ClaimsIdentity([{ type: 'aud', value: bot }], true);

function cachedClients() {
  const prepared: ConnectorClient[] = [];
  const clients = new CachingAuthentication({}, (client) => prepared.push(client));
  const create = (serviceUrl: string, audience = 'channel', bot = 'bot') =>
    clients.createConnectorFactory(identityOf(bot)).create(serviceUrl, audience);
  return { clients, prepared, create };
}

describe('connector clients', () => {
  it('are kept between turns and prepared once', async () => {
    const { create, prepared } = cachedClients();
    const first = await create('https://a.example');
    assert.equal(await create('https://a.example'), first);
    assert.deepEqual(prepared, [first]);
  });

  it('are not shared with another host, another audience or another bot', async () => {
    const { create, prepared } = cachedClients();
    const all = [
      await create('https://a.example'),
      await create('https://b.example'),
      await create('https://a.example', 'another channel'),
      await create('https://a.example', 'channel', 'another bot'),
    ];
    assert.equal(new Set(all).size, 4);
    assert.deepEqual(prepared, all);
  });

  it('are cached up to a maximum that includes those in use', async () => {
    const { create } = cachedClients();
    const first = await create('https://0.example');
    for (let index = 1; index <= 100; index++) await create(`https://${index}.example`);
    assert.notEqual(await create('https://0.example'), first);
  });

  it('are not cached if their preparation fails', async () => {
    let isBroken = true;
    const clients = new CachingAuthentication({}, () => {
      if (isBroken) throw new Error('not this one');
    });
    const factory = clients.createConnectorFactory(identityOf('bot'));
    await assert.rejects(factory.create('https://a.example', 'channel'), /not this one/);
    isBroken = false;
    assert.ok(await factory.create('https://a.example', 'channel'));
  });

  it('are also kept for user tokens', async () => {
    const { clients } = cachedClients();
    const first = await clients.createUserTokenClient(identityOf('bot'));
    assert.equal(await clients.createUserTokenClient(identityOf('bot')), first);
    assert.notEqual(await clients.createUserTokenClient(identityOf('another bot')), first);
  });
});
