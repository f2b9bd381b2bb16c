import { createHash } from 'node:crypto';

/** Random. A change would give every bot a different app. */
const NAMESPACE = '6a09601b-321a-4838-b4c0-7c120302174e';

/** The id of a bot's app in Teams, always the same for the same bot: a UUID of version 5. RFC 9562, 5.5. */
export function appIdOf(botId: string): string {
  const namespace = Buffer.from(NAMESPACE.replaceAll('-', ''), 'hex');
  const hash = createHash('sha1').update(namespace).update(botId.toLowerCase()).digest().subarray(0, 16);
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  return hash.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
