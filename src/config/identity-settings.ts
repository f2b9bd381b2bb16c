import { createPrivateKey } from 'node:crypto';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { type Env, type EnvReader, isLoopbackHost } from './env.ts';

/** Variables that botbuilder's ConfigurationBotFrameworkAuthentication reads. */
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
  'CallerId',
  'ValidateAuthority',
  'ToBotFromChannelOpenIdMetadataUrl',
  'ToBotFromEmulatorOpenIdMetadataUrl',
];
/** Variables that `@azure/identity` reads. */
const CREDENTIAL_VARIABLES = [
  'AZURE_AUTHORITY_HOST',
  'AZURE_CLIENT_CERTIFICATE_PASSWORD',
  'AZURE_CLIENT_CERTIFICATE_PATH',
  'AZURE_CLIENT_ID',
  'AZURE_CLIENT_SECRET',
  'AZURE_TENANT_ID',
  'AZURE_TOKEN_CREDENTIALS',
];
const APP_TYPES = ['MultiTenant', 'SingleTenant', 'UserAssignedMSI'] as const;
const GUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Reads who the bot is, who may use it, and where it listens. */
export function readIdentity(reader: EnvReader) {
  // Reports unresolved references in them: `@azure/identity` would fail only at the first token.
  for (const name of CREDENTIAL_VARIABLES) reader.text(name);
  const appId = reader.text('MicrosoftAppId');
  // For a wrong id, Entra ID answers with a code that does not name the setting.
  if (appId !== undefined && !GUID.test(appId))
    reader.problems.push(
      `MicrosoftAppId is "${appId}"; expected a GUID such as 8f4f2c1e-0a52-4c3b-9a8e-5d1f7b6a2c90 (the client id of the app registration)`,
    );
  const tenant = reader.text('MicrosoftAppTenantId');
  const appType = reader.oneOf('MicrosoftAppType', APP_TYPES, tenant === undefined ? 'MultiTenant' : 'SingleTenant');
  const isOpen = reader.flag('ALLOW_UNAUTHENTICATED', false);
  const host = reader.text('HOST') ?? (appId === undefined ? '127.0.0.1' : undefined);
  if (appId !== undefined) checkAppType(reader, appType);
  else if (!isOpen) checkReachability(reader, host);
  const allowedTenants = reader.list('ALLOWED_TENANTS');
  if (tenant !== undefined) checkTenant(reader, 'MicrosoftAppTenantId', tenant);
  for (const each of allowedTenants) checkTenant(reader, 'ALLOWED_TENANTS', each);
  const botEnv: Env = {
    ...Object.fromEntries(BOT_VARIABLES.map((name) => [name, reader.text(name)])),
    MicrosoftAppType: appType,
    CertificatePrivateKey: readPrivateKey(reader),
  };
  return {
    /** The bot's identity, in the variables of botbuilder. */
    botEnv,
    /** False without an app id. */
    isAuthenticated: appId !== undefined,
    /** Whether the bot serves only clients on this machine. Then files may be fetched from it, too. */
    onlyLoopback: appId === undefined && !isOpen,
    allowedTenants,
    allowedUsers: reader.list('ALLOWED_USERS'),
    /** Whether Direct Line's enhanced authentication is on. Then the bot trusts the user ids of its tokens. */
    directLineEnhancedAuthentication: reader.flag('DIRECT_LINE_ENHANCED_AUTHENTICATION', false),
    /** The address to listen on. Unset: all interfaces. */
    host,
  };
}

/** Tokens and activities name a tenant only by its id. */
function checkTenant(reader: EnvReader, name: string, tenant: string): void {
  if (!GUID.test(tenant))
    reader.problems.push(
      `${name} is "${tenant}"; expected a GUID (the directory id of the tenant, as "az account show --query tenantId" prints it)`,
    );
}

function checkAppType(reader: EnvReader, appType: (typeof APP_TYPES)[number]): void {
  if (appType !== 'MultiTenant')
    reader.required('MicrosoftAppTenantId', `the tenant of the bot (MicrosoftAppType is ${appType})`);
  if (appType === 'UserAssignedMSI' && reader.text('MicrosoftAppPassword') !== undefined)
    reader.problems.push('MicrosoftAppPassword is set; expected none when MicrosoftAppType is UserAssignedMSI');
}

/** Without an app id, anyone who reaches the port can use the model, so only this machine may reach it. */
function checkReachability(reader: EnvReader, host: string | undefined): void {
  const isSite = reader.text('WEBSITE_SITE_NAME') !== undefined;
  if (isSite || reader.text('NODE_ENV') === 'production')
    reader.problems.push(
      `MicrosoftAppId is not set and ${isSite ? 'WEBSITE_SITE_NAME' : 'NODE_ENV'} says production; expected the bot's app id, or ALLOW_UNAUTHENTICATED=true`,
    );
  else if (host !== undefined && !isLoopbackHost(host))
    // A Conda shell sets HOST to the name of a compiler's target, which is not an address.
    reader.problems.push(
      isIP(host) === 0 && !isOwnName(host)
        ? `HOST is neither an address nor the name of this machine ("${host}"); unset it (a Conda shell sets such a value), or set 127.0.0.1`
        : `HOST is not a loopback address ("${host}") and MicrosoftAppId is not set; expected 127.0.0.1, an app id, or ALLOW_UNAUTHENTICATED=true`,
    );
}

/** Whether the name is that of this machine, with or without a domain. */
function isOwnName(host: string): boolean {
  return host.toLowerCase().split('.')[0] === hostname().toLowerCase().split('.')[0];
}

function readPrivateKey(reader: EnvReader): string | undefined {
  // Many editors of settings keep a PEM on one line, with a literal `\n` for each line break.
  const pem = reader.text('CertificatePrivateKey')?.replace(/\\r\\n|\\n/g, '\n');
  if (pem !== undefined && !isPrivateKey(pem))
    reader.problems.push(
      'CertificatePrivateKey cannot be read; expected a private key in PEM without a passphrase, its line breaks kept or written as \\n',
    );
  return pem;
}

function isPrivateKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).type === 'private';
  } catch {
    return false;
  }
}
