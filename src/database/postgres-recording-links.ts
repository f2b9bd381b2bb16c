import { keyDigest } from '../conversation/keys.ts';
import { type RecordingLinks, readRecordingLink, recordingLinkOf } from '../conversation/recordings/recording-links.ts';
import { storableJson } from '../storable-json.ts';
import type { Sql } from './connection.ts';
import { storedKey } from './names.ts';
import type { DatabaseServices } from './services.ts';

/** Ids come from the addresses of requests; other forms are not looked up. */
const ID = /^[A-Za-z0-9_-]{33}$/;

/** Recording links that all instances share: one for each person in a conversation. */
export function createPostgresRecordingLinks({ connection, clock, ids }: DatabaseServices): RecordingLinks {
  return {
    async create(owner) {
      const recordingLink = recordingLinkOf(owner, ids, clock);
      await connection.query(
        `INSERT INTO recording_links (id, conversation, person, link, expires_at)
         VALUES ($1, $2, $3, $4, now() + $5 * interval '1 ms')
         ON CONFLICT (conversation, person) DO UPDATE
         SET id = excluded.id, link = excluded.link, expires_at = excluded.expires_at`,
        [
          recordingLink.id,
          storedKey(owner.key),
          keyDigest(owner.personKey),
          storableJson(recordingLink),
          recordingLink.expiresAtMs - clock.now(),
        ],
      );
      return recordingLink;
    },
    async find(id) {
      if (!ID.test(id)) return undefined;
      const text = 'SELECT link FROM recording_links WHERE id = $1 AND expires_at > now()';
      const [row] = await connection.query<{ link: unknown }>(text, [id]);
      return readRecordingLink(row?.link);
    },
    async claim(id) {
      if (!ID.test(id)) return false;
      const text = 'DELETE FROM recording_links WHERE id = $1 AND expires_at > now() RETURNING id';
      return (await connection.query(text, [id])).length > 0;
    },
    forget: (key) => forgetLinks(connection, key),
  };
}

export async function forgetLinks(sql: Sql, key: string): Promise<void> {
  await sql.query('DELETE FROM recording_links WHERE conversation = $1', [storedKey(key)]);
}
