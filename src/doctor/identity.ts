import { type Env, isLoopbackHost } from '../config/env.ts';
import { type Check, type DoctorDeps, type Finding, fail, pass, warn } from './check.ts';
import { entraFailure } from './entra-failure.ts';
import { describeToken, tokenClaims, tokenFigures } from './token-claims.ts';

const LIMIT_MS = 30_000;

/** Whether the bot can show the channels who it is. */
export function identityCheck(deps: DoctorDeps): Check {
  return {
    name: 'bot identity',
    limitMs: LIMIT_MS,
    lateFix: 'See that this machine reaches https://login.microsoftonline.com (or ToChannelFromBotLoginUrl).',
    run: () => (deps.config.isAuthenticated ? checkToken(deps) : checkAbsence(deps)),
  };
}

async function checkAbsence({ config: { host } }: DoctorDeps): Promise<Finding> {
  if (host !== undefined && isLoopbackHost(host)) return pass('none: only clients on this machine are served');
  return warn(
    'none, and the bot listens to other machines: whoever reaches it can use the model',
    'Set MicrosoftAppId and the other MicrosoftApp… settings, or remove ALLOW_UNAUTHENTICATED.',
  );
}

async function checkToken({ config: { botEnv }, env, clock }: DoctorDeps): Promise<Finding> {
  const wanted = botEnv['MicrosoftAppId'];
  const type = botEnv['MicrosoftAppType'] ?? 'MultiTenant';
  try {
    // botbuilder is most of what there would be to load, and only a bot with an app id needs it.
    const { botToken } = await import('../channel/bot-token.ts');
    const facts = tokenClaims(await botToken(botEnv));
    const nowMs = clock.now();
    const figures = { type, ...tokenFigures(facts, nowMs) };
    const told = describeToken(facts, nowMs);
    if (facts.appId === undefined || facts.appId.toLowerCase() === wanted?.toLowerCase())
      return pass(`${type}: a token for the channels: ${told}`, figures);
    const said = `the token is of another application than MicrosoftAppId, ${wanted}: ${told}`;
    return fail(said, OTHER_IDENTITY, figures);
  } catch (error) {
    const code = entraFailure(error);
    const isOnAzure = env['IDENTITY_ENDPOINT'] !== undefined;
    return fail(`${type}: no token for the channels: ${code}`, identityFix(code, botEnv, isOnAzure));
  }
}

const ELSEWHERE =
  'A managed identity is there inside Azure alone: run this on the App Service (over SSH: node dist/doctor.js).';
const OTHER_IDENTITY = `${ELSEWHERE} There, leave AZURE_CLIENT_SECRET unset, and set AZURE_CLIENT_ID to MicrosoftAppId.`;

/** What to do about a code of Entra ID or of the network. https://learn.microsoft.com/entra/identity-platform/reference-error-codes */
export function identityFix(code: string, botEnv: Env, isOnAzure: boolean): string {
  switch (code) {
    case 'AADSTS7000222':
      return 'The secret has expired: make a new one (az ad app credential reset --id <MicrosoftAppId>) and set MicrosoftAppPassword to it.';
    case 'AADSTS7000215':
      return 'Set MicrosoftAppPassword to the value of a secret of this app (not to the id of the secret).';
    case 'AADSTS90002':
    case 'AADSTS900023':
      return 'There is no such tenant: set MicrosoftAppTenantId to the tenant of the bot (az account show).';
    case 'AADSTS700016':
      return 'The app is not in that tenant: check MicrosoftAppId and MicrosoftAppTenantId; a bot of one tenant needs MicrosoftAppType=SingleTenant.';
    case 'AADSTS7000229':
      return 'The app has no service principal in its tenant: az ad sp create --id <MicrosoftAppId>.';
    case 'AADSTS700027':
      return 'Upload the certificate of CertificateThumbprint and CertificatePrivateKey to the app registration.';
    default:
      if (botEnv['MicrosoftAppType']?.toLowerCase() === 'userassignedmsi')
        return isOnAzure ? 'Assign the managed identity of MicrosoftAppId to this App Service.' : ELSEWHERE;
      if (botEnv['MicrosoftAppPassword'] === undefined && botEnv['CertificateThumbprint'] === undefined)
        return 'Set MicrosoftAppPassword to a secret of the app registration (or CertificateThumbprint and CertificatePrivateKey), or MicrosoftAppType to UserAssignedMSI where the bot has a managed identity.';
      return 'Check MicrosoftAppType and the other MicrosoftApp… settings, and that this machine reaches https://login.microsoftonline.com.';
  }
}
