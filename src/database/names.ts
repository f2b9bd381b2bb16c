import { createHash, hash } from 'node:crypto';

/** Longer keys break the indexes of PostgreSQL, which hold at most 2,704 bytes. */
const MAX_KEY_BYTES = 512;
/** A random UUID: the namespace of job ids. */
const NAMESPACE = Buffer.from('7c0d6a5e1b3f4c1f9a57d2b0a3c4e8f1', 'hex');

/** Returns the key as stored: a digest of its JSON if it is too long or if `text` cannot hold it. */
export function storedKey(key: string): string {
  const isStorable = key !== '' && !key.includes('\0') && key.isWellFormed() && Buffer.byteLength(key) <= MAX_KEY_BYTES;
  return isStorable ? key : `sha256:${hash('sha256', JSON.stringify(key), 'base64url')}`;
}

/** The id of a message's job, a UUID of version 5 (RFC 9562, 5.5): a redelivered activity gets the same id. */
export function jobId({ key, activityId }: { readonly key: string; readonly activityId: string }): string {
  const digest = createHash('sha1')
    .update(NAMESPACE)
    .update(JSON.stringify([key, activityId]))
    .digest();
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x50;
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80;
  const hex = digest.toString('hex', 0, 16);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** The schema of pg-boss, beside that of the bot's tables. */
export function queueSchema(schema: string): string {
  return `${schema}_queue`;
}

/** The channel on which pg-boss notifies of stored jobs: see `notifyChannelSql` in pg-boss/dist/plans.js. */
export function notifyChannelOf(schema: string): string {
  return `pgboss_${hash('sha224', queueSchema(schema), 'hex').slice(0, 24)}`;
}
