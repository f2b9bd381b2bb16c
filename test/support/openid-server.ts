import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppCredentials } from 'botframework-connector';
import type { Env } from '../../src/config/env.ts';

export interface TokenOptions {
  /** Overrides the claims of a valid token; undefined removes a claim. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  /** Signs with a key that the server does not publish. */
  readonly forged?: boolean;
}

export interface OpenIdServer extends AsyncDisposable {
  readonly appId: string;
  /** The settings of a bot that trusts this server, and no other. */
  readonly env: Env;
  /** The public key of the channel, as PEM. */
  readonly publicKey: string;
  /** The token of the bot's own calls to the channel. */
  readonly outboundToken: string;
  /** A token of the channel for this service URL, valid by default. Built by hand, so that any part can be wrong. */
  token(serviceUrl: string, options?: TokenOptions): string;
  close(): Promise<void>;
}

/** The default app id. */
export const BOT_APP_ID = '00000000-0000-4000-8000-000000000b07';

const ISSUER = 'https://issuer.example.com';
const KEY_ID = 'channel-key';
/** The channels that the key endorses. */
const ENDORSEMENTS = ['emulator', 'msteams', 'webchat', 'directline', 'slack', 'telegram', 'line'];

/** Generated on demand, once for each process, since it takes a while. */
const channelKeys = once(() => generateKeyPairSync('rsa', { modulusLength: 2048 }));
const otherKeys = once(() => generateKeyPairSync('rsa', { modulusLength: 2048 }));

/** In place of login.botframework.com: publishes the key with which a channel signs its requests. */
export async function startOpenIdServer(appId = BOT_APP_ID): Promise<OpenIdServer> {
  const { privateKey, publicKey } = channelKeys();
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: KEY_ID, use: 'sig', endorsements: ENDORSEMENTS };
  const server = createServer((request, response) => {
    const isKeys = request.url === '/keys';
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(isKeys ? { keys: [jwk] } : { issuer: ISSUER, jwks_uri: `${url}/keys` }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const outboundToken = 'outbound-token';
  cacheOutboundToken(appId, outboundToken);

  async function close(): Promise<void> {
    if (!server.listening) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  return {
    appId,
    env: {
      MicrosoftAppId: appId,
      MicrosoftAppPassword: 'app-password',
      ToBotFromChannelOpenIdMetadataUrl: `${url}/openid`,
      ToBotFromEmulatorOpenIdMetadataUrl: `${url}/openid`,
      ToBotFromChannelTokenIssuer: ISSUER,
      ToChannelFromBotLoginUrl: 'https://login.microsoftonline.com/botframework.com',
      ToChannelFromBotOAuthScope: OAUTH_SCOPE,
      HOST: '127.0.0.1',
    },
    publicKey: publicKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    outboundToken,
    token: (serviceUrl, { claims = {}, header = {}, forged = false } = {}) => {
      const seconds = Math.floor(Date.now() / 1000);
      const good = { iss: ISSUER, aud: appId, nbf: seconds - 60, exp: seconds + 600, serviceurl: serviceUrl };
      return signed(
        { alg: 'RS256', typ: 'JWT', kid: KEY_ID, ...header },
        { ...good, ...claims },
        forged ? otherKeys().privateKey : privateKey,
      );
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

const OAUTH_SCOPE = 'https://api.botframework.com';

/**
 * MSAL insists on https and on asking login.microsoftonline.com about any other host, so no local server can issue the
 * bot's own token. It is put into botbuilder's token cache.
 */
export function cacheOutboundToken(appId: string, accessToken: string): void {
  const { cache } = AppCredentials as unknown as { cache: Map<string, { accessToken: string; expiresOn: Date }> };
  cache.set(`${appId}${OAUTH_SCOPE}-cache`, { accessToken, expiresOn: new Date(Date.now() + 3_600_000) });
}

function signed(header: object, claims: object, key: KeyObject): string {
  const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
