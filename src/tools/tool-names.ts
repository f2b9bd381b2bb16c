import { createHash } from 'node:crypto';
import { toToolName } from '../config/mcp-settings.ts';

/** The service's limit for names of functions. */
const MAX_NAME_CHARS = 64;
const HASH_CHARS = 8;

/** Returns the model's name of a server's tool: `server__tool`, with only the characters and length that the service accepts. */
export function qualifiedName(server: string, tool: string): string {
  const name = toToolName(`${server}__${tool}`);
  if (name.length <= MAX_NAME_CHARS) return name;
  const hash = createHash('sha256').update(`${server}__${tool}`).digest('hex').slice(0, HASH_CHARS);
  return `${name.slice(0, MAX_NAME_CHARS - HASH_CHARS - 1)}_${hash}`;
}
