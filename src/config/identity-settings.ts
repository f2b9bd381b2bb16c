import { createPrivateKey } from 'node:crypto';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
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

/** The bot's identity, for botbuilder; what is wrong with it goes to the reader's problems, without a secret. */
export function readBotEnv(read: EnvReader): Env {
  const appId = read.text('MicrosoftAppId');
  const tenant = read.text('MicrosoftAppTenantId');
  // Entra ID answers another one with a code that does not say which of all settings it is about.
  if (appId !== undefined && !GUID.test(appId))
    read.problems.push(
      `MicrosoftAppId is "${appId}"; expected a GUID such as 8f4f2c1e-0a52-4c3b-9a8e-5d1f7b6a2c90 (the client id of the app registration)`,
    );
  if (tenant !== undefined) checkTenant(read, 'MicrosoftAppTenantId', tenant);
  return {
    ...Object.fromEntries(BOT_VARIABLES.map((name) => [name, read.text(name)])),
    MicrosoftAppType: read.text('MicrosoftAppType') ?? defaultAppType(read),
    CertificatePrivateKey: readPrivateKey(read),
  };
}

/** Tokens and activities name their tenant by its id alone. */
function checkTenant(read: EnvReader, name: string, tenant: string): void {
  if (GUID.test(tenant)) return;
  read.problems.push(
    `${name} is "${tenant}"; expected a GUID (the directory id of the tenant, as "az account show --query tenantId" prints it)`,
  );
}

/** The tenants of ALLOWED_TENANTS; what is wrong with one goes to the reader's problems. */
export function readTenants(read: EnvReader): readonly string[] {
  const tenants = read.list('ALLOWED_TENANTS');
  for (const tenant of tenants) checkTenant(read, 'ALLOWED_TENANTS', tenant);
  return tenants;
}

const APP_TYPES = ['MultiTenant', 'SingleTenant', 'UserAssignedMSI'] as const;

/** botbuilder takes MultiTenant even next to a tenant; bots of that type cannot be made since 2025-07-31. */
function defaultAppType(read: EnvReader): (typeof APP_TYPES)[number] {
  return read.text('MicrosoftAppTenantId') === undefined ? 'MultiTenant' : 'SingleTenant';
}

function readPrivateKey(read: EnvReader): string | undefined {
  const pem = withLineBreaks(read.text('CertificatePrivateKey'));
  if (pem !== undefined && !isPrivateKey(pem))
    read.problems.push(
      'CertificatePrivateKey cannot be read; expected a private key in PEM without a passphrase, its line breaks kept or written as \\n',
    );
  return pem;
}

/** Many editors of settings keep a PEM on one line, with a literal `\n` for each line break. */
function withLineBreaks(pem: string | undefined): string | undefined {
  return pem?.replace(/\\r\\n|\\n/g, '\n');
}

function isPrivateKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).type === 'private';
  } catch {
    return false;
  }
}

/** Without an app id anybody who reaches the port may use the model, so nobody but this machine may reach it. */
export function checkIdentity(read: EnvReader, appId: string | undefined, host: string | undefined): void {
  const appType = read.oneOf('MicrosoftAppType', APP_TYPES, defaultAppType(read));
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
    // A shell of Conda sets HOST to the name of a compiler's target: no setting of the bot makes that an address.
    read.problems.push(
      isIP(host) === 0 && !isOwnName(host)
        ? `HOST is no address of this machine ("${host}"), as a Conda shell sets it; unset it, or set 127.0.0.1`
        : `HOST is no loopback address ("${host}") and MicrosoftAppId is not set; expected 127.0.0.1, an app id, or ALLOW_UNAUTHENTICATED=true`,
    );
  }
}

/** The name of this machine, with a domain behind it or without. */
function isOwnName(host: string): boolean {
  return host.toLowerCase().split('.')[0] === hostname().toLowerCase().split('.')[0];
}
