import type { Env } from '../config/env.ts';
import { type CheckContext, type Finding, fail, pass, warn } from './check.ts';
import { entraFailure } from './entra-failure.ts';
import { appIdOf, describeToken } from './token-claims.ts';

/** Gets a token for the channels as the adapter does. */
export async function checkIdentity({ config, env, clock }: CheckContext): Promise<Finding> {
  const { botEnv, isAuthenticated, onlyLoopback } = config;
  if (!isAuthenticated)
    return onlyLoopback
      ? pass('none: only clients on this machine are served')
      : warn(
          'none, and ALLOW_UNAUTHENTICATED is true: anyone who reaches the port, also through a tunnel or a web page, can use the model',
          'Set MicrosoftAppId and the other MicrosoftApp… settings, or remove ALLOW_UNAUTHENTICATED.',
        );
  const type = botEnv['MicrosoftAppType'];
  try {
    // Loaded here, since botbuilder is large and a bot without an app id does not need it.
    const { botToken } = await import('../channel/bot-token.ts');
    const token = await botToken(botEnv);
    const identity = describeToken(token, clock.now());
    const expected = botEnv['MicrosoftAppId'];
    const found = appIdOf(token);
    if (found === undefined || found.toLowerCase() === expected?.toLowerCase())
      return pass(`${type}: a token for the channels: ${identity}`);
    return fail(
      `the token belongs to another application than MicrosoftAppId, ${expected}: ${identity}`,
      OTHER_IDENTITY_FIX,
    );
  } catch (error) {
    const code = entraFailure(error);
    const isOnAzure = env['IDENTITY_ENDPOINT'] !== undefined;
    return fail(`${type}: no token for the channels: ${code}`, identityFix(code, botEnv, isOnAzure));
  }
}

const OUTSIDE_AZURE_FIX =
  'A managed identity works only inside Azure: run this on the App Service (over SSH: node dist/doctor.js).';
const OTHER_IDENTITY_FIX = `${OUTSIDE_AZURE_FIX} There, leave AZURE_CLIENT_SECRET unset, and set AZURE_CLIENT_ID to MicrosoftAppId.`;

/**
 * What to do about a code of Entra ID or of the network.
 * https://learn.microsoft.com/entra/identity-platform/reference-error-codes
 */
export function identityFix(code: string, botEnv: Env, isOnAzure: boolean): string {
  switch (code) {
    case 'AADSTS7000222':
      return 'The secret has expired: create a new one (az ad app credential reset --id <MicrosoftAppId>) and set MicrosoftAppPassword to it.';
    case 'AADSTS7000215':
      return 'Set MicrosoftAppPassword to the value of a secret of this app (not to the id of the secret).';
    case 'AADSTS90002':
    case 'AADSTS900023':
      return 'The tenant does not exist: set MicrosoftAppTenantId to the tenant of the bot (az account show).';
    case 'AADSTS700016':
      return 'The app is not in that tenant: check MicrosoftAppId and MicrosoftAppTenantId; a single-tenant bot needs MicrosoftAppType=SingleTenant.';
    case 'AADSTS7000229':
      return 'The app has no service principal in its tenant: az ad sp create --id <MicrosoftAppId>.';
    case 'AADSTS700027':
      return 'Upload the certificate of CertificateThumbprint and CertificatePrivateKey to the app registration.';
    default:
      if (botEnv['MicrosoftAppType']?.toLowerCase() === 'userassignedmsi')
        return isOnAzure ? 'Assign the managed identity of MicrosoftAppId to this App Service.' : OUTSIDE_AZURE_FIX;
      if (botEnv['MicrosoftAppPassword'] === undefined && botEnv['CertificateThumbprint'] === undefined)
        return 'Set MicrosoftAppPassword to a secret of the app registration (or CertificateThumbprint and CertificatePrivateKey), or MicrosoftAppType to UserAssignedMSI if the bot has a managed identity.';
      return 'Check MicrosoftAppType and the other MicrosoftApp… settings, and that this machine can reach https://login.microsoftonline.com.';
  }
}
