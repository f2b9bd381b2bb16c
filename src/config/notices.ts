import type { EnvReader } from './env.ts';

/** Warns the operator about valid settings that are probably a mistake. */
export function noticesOf(reader: EnvReader): readonly string[] {
  const isSet = (name: string) => reader.text(name) !== undefined;
  const hasAppId = isSet('MicrosoftAppId');
  const isReachable = reader.text('PUBLIC_BASE_URL')?.startsWith('https:') || isSet('WEBSITE_HOSTNAME');
  const hasSecret = isSet('MicrosoftAppPassword') || isSet('CertificateThumbprint');
  const isManaged = reader.text('MicrosoftAppType')?.toLowerCase() === 'userassignedmsi';
  const notices: readonly (readonly [applies: boolean, notice: string])[] = [
    [
      hasAppId && !isReachable,
      'PUBLIC_BASE_URL is not set or not an https address: Teams and other channels get answers without audio',
    ],
    [
      hasAppId && !isSet('MicrosoftAppType') && isSet('MicrosoftAppTenantId'),
      'MicrosoftAppType is not set but MicrosoftAppTenantId is: SingleTenant is assumed',
    ],
    [
      !hasAppId && (isSet('ALLOWED_TENANTS') || isSet('ALLOWED_USERS')),
      'ALLOWED_TENANTS or ALLOWED_USERS is set without MicrosoftAppId: the bot refuses everyone',
    ],
    [
      /[^\s,]@[^\s,]/.test(reader.text('ALLOWED_USERS') ?? ''),
      'ALLOWED_USERS contains an email address; expected Entra ID object ids, as "az ad user show --id <address> --query id" prints them',
    ],
    [
      isSet('AZURE_STORAGE_BLOB_URL') && !isSet('DATABASE_URL'),
      'AZURE_STORAGE_BLOB_URL is set without DATABASE_URL: only reply audio is stored; conversations, waiting messages and budgets are lost at a restart',
    ],
    [
      hasAppId && !hasSecret && !isManaged,
      'MicrosoftAppId is set without MicrosoftAppPassword or a certificate: replies cannot be sent',
    ],
  ];
  return notices.filter(([applies]) => applies).map(([, notice]) => notice);
}
