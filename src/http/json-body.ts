import type { IncomingMessage } from 'node:http';
import { RequestError } from '../errors.ts';
import { type BodyBounds, type BodyFormat, bounded, wholeBody } from './bounded-body.ts';

/** A message is a few kilobytes; a megabyte leaves room for cards and mentions. */
export const MAX_BODY_BYTES = 1024 * 1024;
/**
 * The part of a body that is read before its token is verified; nearly all bodies are smaller. It counts towards no
 * shared bound, so that strangers cannot exhaust one. All 2,000 connections together may hold 128 MB.
 */
export const MAX_UNVERIFIED_BYTES = 64 * 1024;
/** Limits all bodies that are being read, together, without those first parts. */
const MAX_BYTES_AT_ONCE = 64 * 1024 * 1024;
const JSON_BODY: BodyFormat = {
  name: 'application/json',
  // A web page cannot send this type to another site without a preflight request.
  contentType: /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i,
  maxBytes: MAX_BODY_BYTES,
};
/** Real activities nest less than ten levels. */
const MAX_DEPTH = 100;

/** Returns a bounded reader of JSON objects. `verify` checks the token of a body above MAX_UNVERIFIED_BYTES. */
export function boundedJsonReader(verify: BodyBounds['admit']): typeof readJsonObject {
  const bounds = { maxBytesAtOnce: MAX_BYTES_AT_ONCE, freeBytes: MAX_UNVERIFIED_BYTES, admit: verify };
  return bounded(readJsonObject, bounds);
}

/**
 * Reads a JSON object. restify's own parser inflates compressed bodies without a limit, and a corrupt compressed body
 * ends the process.
 */
async function readJsonObject(request: IncomingMessage): Promise<Record<string, unknown>> {
  const value = parse(new TextDecoder().decode(await wholeBody(request, JSON_BODY)));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RequestError('bad_request', 'The body has to be a JSON object.');
  }
  return value as Record<string, unknown>;
}

/** Replaces the parser's error, whose message quotes the body. */
function parse(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new RequestError('bad_request', 'The body is not valid JSON.');
  }
  if (isDeeperThan(MAX_DEPTH, value))
    throw new RequestError('bad_request', `The JSON is nested more than ${MAX_DEPTH} levels deep.`);
  return value;
}

/** V8 parses JSON of any depth without recursion; most other code that reads the value is recursive. */
function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  // A body may hold many thousands of arrays. Copying each, or a closure for each, would take longer than parsing.
  for (const each of Array.isArray(value) ? value : Object.values(value))
    if (isDeeperThan(levels - 1, each)) return true;
  return false;
}
