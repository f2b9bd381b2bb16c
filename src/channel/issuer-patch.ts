import { ToBotFromBotOrEmulatorTokenValidationParameters as parameters } from 'botframework-connector';

/** The issuers of a tenant as botframework-connector writes them: tokens of versions 1 and 2, public and government. */
function issuersOf(tenantId: string): string[] {
  return [
    `https://sts.windows.net/${tenantId}/`,
    `https://login.microsoftonline.com/${tenantId}/v2.0`,
    `https://login.microsoftonline.us/${tenantId}/`,
    `https://login.microsoftonline.us/${tenantId}/v2.0`,
  ];
}

/**
 * botframework-connector 4.23.3 adds the tenant of every token to the issuers that it trusts, before it verifies the token,
 * and never removes one, so strangers fill the memory. Fixes the list at its first content and the bot's own tenant, which
 * the Emulator needs for a SingleTenant bot.
 */
export function trustOnlyOwnTenant(tenantId: string | undefined): void {
  const { issuer } = parameters;
  if (!Array.isArray(issuer)) return;
  const known: string[] = issuer;
  const own = tenantId === undefined ? [] : issuersOf(tenantId).filter((each) => !known.includes(each));
  const fixed = [...known, ...own];
  // Not frozen: a push that throws would refuse tokens of the channel that name a tenant.
  fixed.push = () => fixed.length;
  parameters.issuer = fixed;
}
