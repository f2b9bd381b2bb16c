import mappers from 'botframework-connector/lib/connectorApi/models/mappers.js';

interface ModelMapper {
  readonly type: { readonly className?: string; additionalProperties?: unknown };
}

/**
 * botbuilder 4.23.3, the last release, sends only `type`, `text` and `mentioned` of an entity, so streaming and the "AI
 * generated" label fail without an error. The fix (microsoft/botbuilder-js#4903) was never released. Patches the mapper;
 * safe to call twice. Returns false when the mapper is not the expected one. botbuilder-core imports the same module, so a
 * bundle has one mapper, too.
 */
export function keepEntityProperties(): boolean {
  const { Entity: entity }: { Entity?: ModelMapper } = mappers;
  if (entity?.type.className !== 'Entity') return false;
  entity.type.additionalProperties ??= { type: { name: 'Object' } };
  return true;
}
