import { type AudioStore, type StoredAudio, toStored } from '../audio/audio-store.ts';
import { storable } from '../storable-json.ts';
import { QUERY_LIMIT_MS, type Sql } from './connection.ts';
import { KeyedMutex } from './keyed-mutex.ts';
import type { DatabaseServices } from './services.ts';

type AudioServices = Pick<DatabaseServices, 'connection' | 'clock' | 'ids' | 'audioRetentionMs' | 'audioStoreBytes'>;

/**
 * Limits each statement from its start, so that one that hangs does not use up the time of those behind it. A call has
 * QUERY_LIMIT_MS, like any other, for its waiting and its statement together. A reply whose save times out is sent
 * without stored audio.
 */
export const AUDIO_LIMIT_MS = 2_000;

/** Ids come from links and cards; other forms are not looked up. */
const ID = /^[A-Za-z0-9_-]{22}$/;
/** Limits the evictions of one save, which stays short even if the bound was lowered. Later saves evict the rest. */
const MAX_EVICTED = 50;

/**
 * Deletes the oldest until the new audio fits, and inserts it. Saves that run at the same time do not see each other:
 * together they may exceed the bound until the next one.
 */
const SAVE = `
  WITH total AS (
    SELECT coalesce(sum(byte_length), 0) AS bytes FROM audio
  ), oldest AS (
    SELECT id, sum(byte_length) OVER (ORDER BY seq) - byte_length AS freed_before
    FROM (SELECT id, seq, byte_length FROM audio ORDER BY seq LIMIT ${MAX_EVICTED}) AS first
  ), evicted AS (
    DELETE FROM audio WHERE id IN (
      SELECT audio.id FROM total, audio JOIN oldest USING (id)
      WHERE freed_before < total.bytes + $7::bigint - $11::bigint FOR UPDATE OF audio SKIP LOCKED
    )
  )
  INSERT INTO audio (id, link_key, conversation, locale, transcript, duration_ms, byte_length, wav, saved_at, expires_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`;
const FIND = `
  SELECT id, link_key AS "linkKey", conversation, locale, transcript AS text, duration_ms AS "durationMs",
    byte_length AS "byteLength", round(extract(epoch FROM saved_at) * 1000)::float8 AS "savedAtMs",
    round(extract(epoch FROM expires_at) * 1000)::float8 AS "expiresAtMs"
  FROM audio WHERE id = $1 AND expires_at > $2`;
const READ = 'SELECT wav FROM audio WHERE id = $1 AND expires_at > $2';
const READ_RANGE = 'SELECT substring(wav FROM $3 FOR $4) AS wav FROM audio WHERE id = $1 AND expires_at > $2';
/** Keys may be long, so the index holds only their beginnings. */
const OF_CONVERSATION = 'left(conversation, 128) = left($1, 128) AND conversation = $1';
/** Limits the rows of one statement, which may have megabytes each. */
const MAX_FORGOTTEN = 10;
const FORGET = `
  DELETE FROM audio WHERE id IN (
    SELECT id FROM audio WHERE ${OF_CONVERSATION} ORDER BY id LIMIT ${MAX_FORGOTTEN} FOR UPDATE
  ) RETURNING id`;
const EXPIRE = `UPDATE audio SET expires_at = 'epoch' WHERE ${OF_CONVERSATION}`;

interface AudioRow extends Omit<StoredAudio, 'locale'> {
  readonly locale: string | null;
}

/**
 * Audio in PostgreSQL, read by range. Calls reject with a StoreError. Since messages use the same connections, one
 * read, one save and one deletion run at a time: lookups of made-up links and deletions delay no save.
 */
export function createPostgresAudioStore(services: AudioServices): AudioStore {
  const { connection, clock, ids, audioRetentionMs, audioStoreBytes } = services;
  const now = () => new Date(clock.now());
  const mutex = new KeyedMutex(clock, QUERY_LIMIT_MS, AUDIO_LIMIT_MS);
  const select = <Row extends object>(text: string, values: readonly unknown[]) =>
    mutex.run('reads', () => connection.query<Row>(text, values, AUDIO_LIMIT_MS));
  const write = (text: string, values: readonly unknown[], chain: 'saves' | 'deletes') =>
    mutex.run(chain, () => connection.transaction((sql) => sql.query<object>(text, values), AUDIO_LIMIT_MS));

  return {
    async save({ wav, ...details }) {
      if (wav.byteLength > audioStoreBytes) return undefined;
      const names = { id: ids.secret(), linkKey: ids.secret() };
      // JSON drops properties that are undefined, so add them again.
      const audio = toStored({ ...details, ...storable(details), wav }, names, clock.now(), audioRetentionMs);
      const { id, linkKey, conversation, locale, text, durationMs, byteLength, savedAtMs, expiresAtMs } = audio;
      const columns = [id, linkKey, conversation, locale, text, durationMs, byteLength];
      await write(SAVE, [...columns, wav, new Date(savedAtMs), new Date(expiresAtMs), audioStoreBytes], 'saves');
      return audio;
    },
    async find(id) {
      const [row] = ID.test(id) ? await select<AudioRow>(FIND, [id, now()]) : [];
      return row && { ...row, locale: row.locale ?? undefined };
    },
    async read(id, range) {
      if (!ID.test(id)) return undefined;
      const [row] =
        range === undefined
          ? await select<{ wav: Buffer }>(READ, [id, now()])
          : await select<{ wav: Buffer }>(READ_RANGE, [id, now(), range.start + 1, range.end - range.start + 1]);
      return row?.wav;
    },
    async remove(id) {
      if (ID.test(id)) await write('DELETE FROM audio WHERE id = $1', [id], 'deletes');
    },
    async forget(conversation) {
      while ((await write(FORGET, [storable(conversation)], 'deletes')).length === MAX_FORGOTTEN);
    },
  };
}

/**
 * Ends the access to the audio of a conversation. Deleting it may take too long for a transaction: `forget` of the
 * store does that, or else retention.
 */
export async function forgetAudio(sql: Sql, conversation: string): Promise<void> {
  await sql.query(EXPIRE, [storable(conversation)]);
}
