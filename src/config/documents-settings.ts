import type { EnvReader } from './env.ts';

/** The places where a tool may be used. */
export const SCOPES = ['personal', 'group', 'channel'] as const;
export type Scope = (typeof SCOPES)[number];

/** The folder that the bot searches for answers. */
export interface DocumentsSettings {
  readonly folder: string;
  readonly pollMs: number;
  /** The users who may ask about it. Empty: everybody. */
  readonly users: readonly string[];
  readonly scopes: readonly Scope[];
}

const POLL_MS = 30_000;

/** Returns `undefined` if DOCUMENTS_FOLDER is not set. */
export function readDocuments(reader: EnvReader): DocumentsSettings | undefined {
  const folder = reader.text('DOCUMENTS_FOLDER');
  const users = reader.list('DOCUMENTS_USERS');
  const named = reader.list('DOCUMENTS_SCOPES');
  const scopes = SCOPES.filter((scope) => named.includes(scope));
  if (!named.every((name) => SCOPES.some((scope) => scope === name)))
    reader.problems.push(`DOCUMENTS_SCOPES is "${named.join(',')}"; expected some of ${SCOPES.join(', ')}`);
  return folder === undefined ? undefined : { folder, pollMs: POLL_MS, users, scopes };
}
