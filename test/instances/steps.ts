import type { StorageRequest } from '../support/storage-proxy.ts';

/** What of the storage a call is about. */
export type Place = 'pending' | 'record' | 'audio' | 'failed' | 'spending' | 'other';

/** A call to the storage in two words, such as `write record`. */
export function stepOf({ method, path, query }: StorageRequest): string {
  const isList = query.get('comp') === 'list';
  const name = isList ? (query.get('prefix') ?? '') : decodeURIComponent(path).split('/').slice(3).join('/');
  const verb = isList ? 'list' : VERBS[method];
  return `${verb} ${placeOf(decodeURIComponent(path).split('/')[2] ?? '', name, query)}`;
}

const VERBS: Readonly<Record<string, string>> = { GET: 'read', HEAD: 'look at', PUT: 'write', DELETE: 'delete' };

function placeOf(container: string, name: string, query: URLSearchParams): Place {
  if (query.get('restype') === 'container' && query.get('comp') === null) return 'other';
  if (container === 'audio') return 'audio';
  // All of it: a look for what others have left.
  if (query.get('comp') === 'list' && name === 'pending/') return 'other';
  const places = {
    'pending/': 'pending',
    'conversations/': 'record',
    'failed/': 'failed',
    'spending/': 'spending',
  } as const;
  const found = Object.entries(places).find(([folder]) => name.startsWith(folder));
  return found?.[1] ?? 'other';
}

/** All that a turn asks of the storage, without what goes on beside it. */
export function stepsOf(requests: readonly StorageRequest[], from = 0): string[] {
  return requests
    .slice(from)
    .map(stepOf)
    .filter((step) => !step.endsWith(' other'));
}
