import stripJsonComments from 'strip-json-comments';
import { fieldsOf } from '../json-access.ts';
import { readUtf8File } from './env.ts';

/**
 * Returns the servers by name, or what is wrong with the file. VS Code uses the key `servers`, other programs
 * `mcpServers`.
 */
export function readMcpEntries(path: string): Readonly<Record<string, unknown>> | string {
  const text = attempt(() => readUtf8File(path));
  if (text === undefined) return 'cannot be read; expected a JSON file';
  const file = attempt(() => fieldsOf(JSON.parse(stripJsonComments(text, { trailingCommas: true }))));
  if (file === undefined) return 'is not JSON; expected {"mcpServers": {…}}';
  const entries = file['mcpServers'] ?? file['servers'];
  if (typeof entries !== 'object' || entries === null || Array.isArray(entries))
    return 'has no servers; expected {"mcpServers": {…}}';
  return fieldsOf(entries);
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined; // the error of JSON.parse quotes the file
  }
}
