import { ConfigurationBotFrameworkAuthentication } from 'botbuilder';
import type { ClaimsIdentity, ConnectorClient, ConnectorFactory, UserTokenClient } from 'botframework-connector';
import { LRUCache } from 'lru-cache';
import type { Env } from '../config/env.ts';

/** A channel has a handful of addresses, one for each region. */
const MAX_CLIENTS = 100;

type AuthenticateRequest = ConfigurationBotFrameworkAuthentication['authenticateRequest'];

/**
 * botbuilder's authentication with cached clients. botbuilder makes two clients for every turn, each with a pipeline of
 * 15 policies, which takes a tenth of the turn's processor time. The clients hold no state: tokens are cached
 * elsewhere.
 */
export class CachingAuthentication extends ConfigurationBotFrameworkAuthentication {
  readonly #prepare: (client: ConnectorClient, serviceUrl: string) => void;
  readonly #connectors = new LRUCache<string, ConnectorClient>({ max: MAX_CLIENTS });
  readonly #userTokenClients = new LRUCache<string, UserTokenClient>({ max: MAX_CLIENTS });

  /** `prepare` is called once with each client, before its first use. */
  constructor(botEnv: Env, prepare: (client: ConnectorClient, serviceUrl: string) => void) {
    super(botEnv);
    this.#prepare = prepare;
  }

  override async authenticateRequest(...request: Parameters<AuthenticateRequest>): ReturnType<AuthenticateRequest> {
    const authenticated = await super.authenticateRequest(...request);
    const { connectorFactory, claimsIdentity } = authenticated;
    if (connectorFactory !== undefined) authenticated.connectorFactory = this.#cached(connectorFactory, claimsIdentity);
    return authenticated;
  }

  override createConnectorFactory(identity: ClaimsIdentity): ConnectorFactory {
    return this.#cached(super.createConnectorFactory(identity), identity);
  }

  override async createUserTokenClient(identity: ClaimsIdentity): Promise<UserTokenClient> {
    const key = botOf(identity);
    const client = this.#userTokenClients.get(key) ?? (await super.createUserTokenClient(identity));
    this.#userTokenClients.set(key, client);
    return client;
  }

  #cached(factory: ConnectorFactory, identity: ClaimsIdentity): ConnectorFactory {
    return {
      create: async (serviceUrl, audience) => {
        const key = JSON.stringify([botOf(identity), serviceUrl, audience]);
        const cached = this.#connectors.get(key);
        if (cached !== undefined) return cached;
        const client = await factory.create(serviceUrl, audience);
        this.#prepare(client, serviceUrl);
        this.#connectors.set(key, client);
        return client;
      },
    };
  }
}

/** The part of an identity that a client is made from: the bot that it names. */
function botOf(identity: ClaimsIdentity): string {
  return JSON.stringify([identity.getClaimValue('aud'), identity.getClaimValue('appid')]);
}
