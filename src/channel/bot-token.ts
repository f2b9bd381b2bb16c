import { ConfigurationBotFrameworkAuthentication } from 'botbuilder';
import { AppCredentials, AuthenticationConstants, ClaimsIdentity } from 'botframework-connector';
import type { Env } from '../config/env.ts';

/** Teams' service URL for most tenants. Nothing is sent there. */
const SERVICE_URL = 'https://smba.trafficmanager.net/teams/';

/**
 * An access token for the channels, requested as the adapter does for its replies. Rejects with an error of botbuilder,
 * of MSAL or of Azure Identity; also if botbuilder cannot use these settings.
 */
export async function botToken(botEnv: Env): Promise<string> {
  const authentication = new ConfigurationBotFrameworkAuthentication(botEnv);
  const claims = [{ type: AuthenticationConstants.AudienceClaim, value: botEnv['MicrosoftAppId'] ?? '' }];
  const factory = authentication.createConnectorFactory(new ClaimsIdentity(claims, true));
  // Without an audience the token is for the channels of the configured cloud.
  return tokenOf((await factory.create(SERVICE_URL, undefined as unknown as string)).credentials);
}

/** An access token by the credentials of a client. */
export async function tokenOf(credentials: unknown): Promise<string> {
  if (!(credentials instanceof AppCredentials)) throw new Error('botbuilder made credentials of an unknown kind');
  return credentials.getToken();
}
