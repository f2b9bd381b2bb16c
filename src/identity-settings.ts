import { type Env, type EnvReader, isLoopbackHost } from './env.ts';

/** The names that botbuilder's ConfigurationBotFrameworkAuthentication reads. */
const BOT_VARIABLES = [
  'MicrosoftAppType',
  'MicrosoftAppId',
  'MicrosoftAppPassword',
  'MicrosoftAppTenantId',
  'CertificateThumbprint',
  'CertificatePrivateKey',
  'ChannelService',
  'ToChannelFromBotLoginUrl',
  'ToChannelFromBotOAuthScope',
  'ToBotFromChannelTokenIssuer',
  'OAuthUrl',
  'ToBotFromChannelOpenIdMetadataUrl',
  'ToBotFromEmulatorOpenIdMetadataUrl',
  'CallerId',
  'ValidateAuthority',
] as const;

const GUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;
const DOMAIN = /^(?:[\da-z](?:[\da-z-]*[\da-z])?\.)+[a-z][\da-z-]*[\da-z]$/i;

/** The bot's identity, for botbuilder; what is wrong with it goes to the reader's problems, without a secret. */
export function readBotEnv(read: EnvReader): Env {
  const appId = read.text('MicrosoftAppId');
  const tenant = read.text('MicrosoftAppTenantId');
  // Entra ID answers another one with a code that does not say which of all settings it is about.
  if (appId !== undefined && !GUID.test(appId))
    read.problems.push(
      `MicrosoftAppId is "${appId}"; expected a GUID such as 8f4f2c1e-0a52-4c3b-9a8e-5d1f7b6a2c90 (the client id of the app registration)`,
    );
  if (tenant !== undefined && !GUID.test(tenant) && !DOMAIN.test(tenant))
    read.problems.push(
      `MicrosoftAppTenantId is "${tenant}"; expected a GUID or a domain such as contoso.onmicrosoft.com`,
    );
  return Object.fromEntries(BOT_VARIABLES.map((name) => [name, read.text(name)]));
}

/** Without an app id anybody who reaches the port may use the model, so nobody but this machine may reach it. */
export function checkIdentity(read: EnvReader, appId: string | undefined, host: string | undefined): void {
  const appType = read.oneOf(
    'MicrosoftAppType',
    ['MultiTenant', 'SingleTenant', 'UserAssignedMSI'] as const,
    'MultiTenant',
  );
  if (appId !== undefined) {
    const isSingle = appType !== 'MultiTenant';
    if (isSingle) read.required('MicrosoftAppTenantId', `the tenant of the bot (MicrosoftAppType is ${appType})`);
    if (appType === 'UserAssignedMSI' && read.text('MicrosoftAppPassword') !== undefined) {
      read.problems.push('MicrosoftAppPassword is set; expected none when MicrosoftAppType is UserAssignedMSI');
    }
    return;
  }
  if (read.flag('ALLOW_UNAUTHENTICATED', false)) return;
  const production = ['WEBSITE_SITE_NAME', 'NODE_ENV'].find((name) =>
    name === 'NODE_ENV' ? read.text(name) === 'production' : read.text(name) !== undefined,
  );
  if (production !== undefined) {
    read.problems.push(
      `MicrosoftAppId is not set and ${production} says production; expected the bot's app id, or ALLOW_UNAUTHENTICATED=true`,
    );
  } else if (host !== undefined && !isLoopbackHost(host)) {
    read.problems.push(
      `HOST is "${host}" and MicrosoftAppId is not set; expected a loopback address, an app id, or ALLOW_UNAUTHENTICATED=true`,
    );
  }
}
