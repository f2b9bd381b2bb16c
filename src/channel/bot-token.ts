import { AppCredentials, AuthenticationConstants, ClaimsIdentity } from 'botframework-connector';
import type { Env } from '../config/env.ts';
import { CachedClients } from './connector-clients.ts';

/** Where Teams' replies of most tenants go; nothing is sent there. */
const SERVICE_URL = 'https://smba.trafficmanager.net/teams/';

/**
 * An access token for the channels, got as the adapter gets it for its replies. Rejects with an error of botbuilder, of
 * MSAL or of Azure Identity, whichever it was; also where botbuilder cannot use these settings.
 */
export async function botToken(botEnv: Env): Promise<string> {
  const clients = new CachedClients(botEnv, () => {});
  const claims = [{ type: AuthenticationConstants.AudienceClaim, value: botEnv['MicrosoftAppId'] ?? '' }];
  const factory = clients.createConnectorFactory(new ClaimsIdentity(claims, true));
  // Without an audience it is for the channels of the cloud that is set up.
  const { credentials } = await factory.create(SERVICE_URL, undefined as unknown as string);
  if (!(credentials instanceof AppCredentials)) throw new Error('botbuilder made credentials of an unknown kind');
  return credentials.getToken();
}
