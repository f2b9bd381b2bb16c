import { type AudioStore, type StoredAudio, toStored } from '../audio/audio-store.ts';
import type { Clock } from '../clock.ts';
import type { Ids } from '../ids.ts';
import { storable } from '../storable-json.ts';
import type { Connection, Sql } from './connection.ts';
import { KeyChain } from './key-chain.ts';

export interface PostgresAudioStoreOptions {
  readonly connection: Connection;
  /** Bound of all sounds together, in bytes: a full disk would turn the server read-only. */
  readonly maxBytes: number;
  readonly retentionMs: number;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** Of each call. A reply then goes without stored audio. */
export const AUDIO_LIMIT_MS = 2_000;

const ID = /^[A-Za-z0-9_-]{22}$/;
/** Of one save, so that it stays short where the bound was lowered. Later ones remove the rest. */
const MAX_EVICTED = 50;

/**
 * Makes room and inserts: the oldest leave until the new one fits. Saves that run at the same time do not see each other:
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
  SELECT id, link_key, conversation, locale, transcript, duration_ms, byte_length, saved_at, expires_at
  FROM audio WHERE id = $1 AND expires_at > $2`;
const READ = 'SELECT wav FROM audio WHERE id = $1 AND expires_at > $2';
const READ_RANGE = 'SELECT substring(wav FROM $3 FOR $4) AS wav FROM audio WHERE id = $1 AND expires_at > $2';
/** Any key may be long: the index holds its beginning. */
const FORGET = 'DELETE FROM audio WHERE left(conversation, 128) = left($1, 128) AND conversation = $1';

interface AudioRow {
  readonly id: string;
  readonly link_key: string;
  readonly conversation: string;
  readonly locale: string | null;
  readonly transcript: string;
  readonly duration_ms: number;
  readonly byte_length: number;
  readonly saved_at: Date;
  readonly expires_at: Date;
}

/**
 * Audio in PostgreSQL, read by range without its row. Calls reject with a StoreError. An instance makes them one after
 * another: messages go over the same connections.
 */
export function createPostgresAudioStore(options: PostgresAudioStoreOptions): AudioStore {
  const { connection, maxBytes, retentionMs, clock, ids } = options;
  const now = () => new Date(clock.now());
  const chain = new KeyChain(clock, AUDIO_LIMIT_MS);
  const query = <Row extends object>(text: string, values: readonly unknown[]) =>
    chain.run('audio', (leftMs) => connection.transaction((sql) => sql.query<Row>(text, values), leftMs));

  return {
    async save(sound) {
      if (sound.wav.byteLength > maxBytes) return undefined;
      const { wav, ...said } = sound;
      const names = { id: ids.secret(), linkKey: ids.secret() };
      const audio = toStored({ ...storable(said), wav }, names, clock.now(), retentionMs);
      const { id, linkKey, conversation, locale, text, durationMs, byteLength, savedAtMs, expiresAtMs } = audio;
      const known = [id, linkKey, conversation, locale, text, durationMs, byteLength];
      await query(SAVE, [...known, wav, new Date(savedAtMs), new Date(expiresAtMs), maxBytes]);
      return audio;
    },
    async find(id) {
      const [row] = ID.test(id) ? await query<AudioRow>(FIND, [id, now()]) : [];
      return row && storedOf(row);
    },
    async read(id, range) {
      if (!ID.test(id)) return undefined;
      const [row] =
        range === undefined
          ? await query<{ wav: Buffer }>(READ, [id, now()])
          : await query<{ wav: Buffer }>(READ_RANGE, [id, now(), range.start + 1, range.end - range.start + 1]);
      return row?.wav;
    },
    async remove(id) {
      if (ID.test(id)) await query('DELETE FROM audio WHERE id = $1', [id]);
    },
    async forget(conversation) {
      await query(FORGET, [storable(conversation)]);
    },
  };
}

/** Deletes all audio of a conversation. */
export async function forgetAudio(sql: Sql, conversation: string): Promise<void> {
  await sql.query(FORGET, [storable(conversation)]);
}

function storedOf(row: AudioRow): StoredAudio {
  return {
    id: row.id,
    linkKey: row.link_key,
    conversation: row.conversation,
    locale: row.locale ?? undefined,
    text: row.transcript,
    durationMs: row.duration_ms,
    byteLength: row.byte_length,
    savedAtMs: row.saved_at.getTime(),
    expiresAtMs: row.expires_at.getTime(),
  };
}
