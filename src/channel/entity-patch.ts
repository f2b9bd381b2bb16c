import { createRequire } from 'node:module';

interface ModelMapper {
  readonly type: { readonly className?: string; additionalProperties?: unknown };
}

/**
 * botbuilder 4.23.3, the last release, writes only `type`, `text` and `mentioned` of an outgoing entity to the wire:
 * streaming and the "AI generated" label break silently. The fix (microsoft/botbuilder-js#4903) was never published.
 * Patches the mapper once; says no when it does not look as expected, so that a new version is noticed.
 */
export function keepEntityProperties(): boolean {
  // The very copy that botbuilder-core writes with.
  const require = createRequire(createRequire(import.meta.url).resolve('botbuilder-core'));
  const mappers: { Entity?: ModelMapper } = require('botframework-connector/lib/connectorApi/models/mappers');
  if (mappers.Entity?.type.className !== 'Entity') return false;
  mappers.Entity.type.additionalProperties ??= { type: { name: 'Object' } };
  return true;
}
