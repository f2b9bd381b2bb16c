import { ToBotFromBotOrEmulatorTokenValidationParameters as parameters } from 'botframework-connector';
import mappers from 'botframework-connector/lib/connectorApi/models/mappers.js';

interface ModelMapper {
  readonly type: { readonly className?: string; additionalProperties?: unknown };
}

/**
 * botbuilder 4.23.3, the last release, sends only `type`, `text` and `mentioned` of an entity, so streaming and the "AI
 * generated" label fail without an error. The fix (microsoft/botbuilder-js#4903) was never released. Patches the
 * mapper; safe to call twice. Returns false when the mapper is not the expected one. botbuilder-core imports the same
 * module, so a bundle has one mapper, too.
 */
export function keepEntityProperties(): boolean {
  const { Entity: entity }: { Entity?: ModelMapper } = mappers;
  if (entity?.type.className !== 'Entity') return false;
  entity.type.additionalProperties ??= { type: { name: 'Object' } };
  return true;
}

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
 * botframework-connector 4.23.3 adds the tenant of every token to the issuers that it trusts, before it verifies the
 * token, and never removes one, so strangers fill the memory. Adds the bot's own tenant, which the Emulator needs for a
 * SingleTenant bot, and makes every later push do nothing.
 */
export function trustOnlyOwnTenant(tenantId: string | undefined): void {
  const { issuer } = parameters;
  if (!Array.isArray(issuer)) return;
  const kept: string[] = [...new Set([...issuer, ...(tenantId === undefined ? [] : issuersOf(tenantId))])];
  // Not frozen: a push that throws would refuse tokens of the channel that name a tenant.
  kept.push = () => kept.length;
  parameters.issuer = kept;
}
