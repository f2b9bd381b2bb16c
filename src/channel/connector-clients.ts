import { ConfigurationBotFrameworkAuthentication } from 'botbuilder';
import type { ClaimsIdentity, ConnectorClient, ConnectorFactory, UserTokenClient } from 'botframework-connector';
import { LRUCache } from 'lru-cache';
import { type Env, isLoopbackHost } from '../config/env.ts';

/** A channel has a handful of addresses, one for each region. */
const MAX_CLIENTS = 100;

type AuthenticateRequest = ConfigurationBotFrameworkAuthentication['authenticateRequest'];

/**
 * botbuilder's authentication, with clients that last. botbuilder makes two for every turn, each with a pipeline of 15
 * policies, which is a tenth of what a turn costs. They hold no state: tokens are kept elsewhere.
 */
export class CachedClients extends ConfigurationBotFrameworkAuthentication {
  readonly #prepare: (client: ConnectorClient) => void;
  readonly #connectors = new LRUCache<string, ConnectorClient>({ max: MAX_CLIENTS });
  readonly #userTokenClients = new LRUCache<string, UserTokenClient>({ max: MAX_CLIENTS });

  /** `prepare` is called once with each client, before its first use. */
  constructor(botEnv: Env, prepare: (client: ConnectorClient) => void) {
    super(botEnv);
    this.#prepare = prepare;
  }

  override async authenticateRequest(...request: Parameters<AuthenticateRequest>): ReturnType<AuthenticateRequest> {
    const authenticated = await super.authenticateRequest(...request);
    const { connectorFactory, claimsIdentity } = authenticated;
    if (connectorFactory !== undefined)
      authenticated.connectorFactory = this.#lasting(connectorFactory, claimsIdentity);
    return authenticated;
  }

  override createConnectorFactory(identity: ClaimsIdentity): ConnectorFactory {
    return this.#lasting(super.createConnectorFactory(identity), identity);
  }

  override async createUserTokenClient(identity: ClaimsIdentity): Promise<UserTokenClient> {
    const key = callerOf(identity);
    const known = this.#userTokenClients.get(key);
    if (known !== undefined) return known;
    const client = await super.createUserTokenClient(identity);
    this.#userTokenClients.set(key, client);
    return client;
  }

  #lasting(factory: ConnectorFactory, identity: ClaimsIdentity): ConnectorFactory {
    return {
      create: async (serviceUrl, audience) => {
        const key = JSON.stringify([callerOf(identity), serviceUrl, audience]);
        const known = this.#connectors.get(key);
        if (known !== undefined) return known;
        const client = await factory.create(serviceUrl, audience);
        if (isLoopbackHost(new URL(serviceUrl).hostname)) reachDirectly(client);
        this.#prepare(client);
        this.#connectors.set(key, client);
        return client;
      },
    };
  }
}

/** All of an identity that a client is made from: the bot that it names. */
function callerOf(identity: ClaimsIdentity): string {
  return JSON.stringify([identity.getClaimValue('aud'), identity.getClaimValue('appid')]);
}

/**
 * The proxy of a network reaches nothing on this machine. botbuilder's client takes it all the same unless NO_PROXY says
 * otherwise: `proxyPolicy` of @typespec/ts-http-runtime.
 */
function reachDirectly(client: ConnectorClient): void {
  const { pipeline } = (
    client as unknown as { client: { pipeline: { removePolicy(which: { readonly name: string }): unknown } } }
  ).client;
  pipeline.removePolicy({ name: 'proxyPolicy' });
}
