import mappers from 'botframework-connector/lib/connectorApi/models/mappers.js';

interface ModelMapper {
  readonly type: { readonly className?: string; additionalProperties?: unknown };
}

/**
 * botbuilder 4.23.3, the last release, writes only `type`, `text` and `mentioned` of an outgoing entity to the wire:
 * streaming and the "AI generated" label break silently. The fix (microsoft/botbuilder-js#4903) was never published.
 * Patches the mapper once; says no when it does not look as expected, so that a new version is noticed.
 * An import, as botbuilder-core has one of the same version, so that both get the same mapper in a bundle, too.
 */
export function keepEntityProperties(): boolean {
  const { Entity: entity }: { Entity?: ModelMapper } = mappers;
  if (entity?.type.className !== 'Entity') return false;
  entity.type.additionalProperties ??= { type: { name: 'Object' } };
  return true;
}
