import fc, { type Arbitrary } from 'fast-check';
import { anyCharacter } from '../support/any-character.ts';

/** Text that has broken programs before. */
const ODD_TEXTS = [
  '',
  ' ',
  '\u0000',
  '\ud800',
  'a\udfffb',
  '\udc00\ud800',
  '\ufeffhello',
  '\u202egnitirw',
  'line\r\nbreak\u2028and\u2029more',
  '👩‍👩‍👧‍👦🏳️‍🌈',
  `z${'\u0301'.repeat(300)}`,
  'ﷺ'.repeat(50),
  '__proto__',
  'constructor',
  'toString',
  '../../etc/passwd',
  '%zz%00',
  '<at>Bot</at>&nbsp;<script>',
  '{{"}}\\',
  'null',
  '1e999',
];

/** Values that none of our types allow. The keys are own properties, as `JSON.parse` makes them. */
const ODD_OBJECTS = [
  {},
  [],
  [[]],
  [null],
  { id: {} },
  { id: null },
  { length: -1 },
  JSON.parse('{"__proto__":{"type":"message","isAdmin":true}}'),
  JSON.parse('{"constructor":{"prototype":{"text":"polluted"}}}'),
  JSON.parse('{"toString":1,"valueOf":2,"toJSON":3,"then":4}'),
];

const ODD_NUMBERS = [0, -0, -1, 0.1, 1e21, -1e308, 2 ** 53, Number.MAX_SAFE_INTEGER];

/** Lengths around the program's bounds: of an id, a name, a text, of a stored field, and of a body. */
const LENGTHS = [65, 257, 1024, 1025, 2049, 20_000, 20_001, 70_000, 1_100_000];

/** A text of any kind, seldom a very long one. */
export const hostileText: Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...ODD_TEXTS) },
  { weight: 4, arbitrary: fc.string({ unit: anyCharacter, maxLength: 40 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 20 }) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('x', 'é', '話', '\ud83d\ude00', '"', '\\'), fc.constantFrom(...LENGTHS))
      .map(([letter, length]) => letter.repeat(length)),
  },
);

/** A JSON value in place of another; `undefined` removes the field. */
export const hostileValue: Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  { weight: 3, arbitrary: fc.constant(null) },
  { weight: 2, arbitrary: fc.boolean() },
  { weight: 3, arbitrary: fc.constantFrom(...ODD_NUMBERS) },
  { weight: 4, arbitrary: fc.constantFrom<unknown>(...ODD_OBJECTS) },
  { weight: 6, arbitrary: hostileText },
  { weight: 1, arbitrary: hostileText.map((text) => [text]) },
  { weight: 1, arbitrary: fc.integer({ min: 90, max: 140 }).map(nested) },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
);

function nested(depth: number): unknown {
  let value: unknown = 0;
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}

/** One change inside an object: the value at `path` becomes `value`. */
export interface Edit {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** The paths to all fields of an object, three levels deep. */
function pathsIn(fields: object, depth = 3): string[][] {
  if (depth === 0) return [];
  return Object.entries(fields).flatMap(([name, value]) => {
    const isObject = typeof value === 'object' && value !== null;
    return [[name], ...(isObject ? pathsIn(value, depth - 1).map((path) => [name, ...path]) : [])];
  });
}

/** Some edits of these fields, and of other fields that they may contain. */
export function someEdits(fields: object, besides: Arbitrary<readonly string[]>): Arbitrary<readonly Edit[]> {
  const path = fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom<readonly string[]>(...pathsIn(fields)) },
    { weight: 1, arbitrary: besides },
  );
  return fc.array(fc.record({ path, value: hostileValue }), { minLength: 1, maxLength: 4 });
}

/** A copy with the edits made one after another; missing steps of a path are created. */
export function withEdits(fields: object, edits: readonly Edit[]): Record<string, unknown> {
  const copy = structuredClone(fields) as Record<string, unknown>;
  for (const { path, value } of edits) edit(copy, path, structuredClone(value));
  return copy;
}

function edit(target: Record<string, unknown>, [name = '', ...rest]: readonly string[], value: unknown): void {
  if (Array.isArray(target) && name === 'length') return;
  if (rest.length === 0) {
    // Not by assignment, which would change the prototype for the name `__proto__`.
    Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
    return;
  }
  const inner = Object.hasOwn(target, name) ? target[name] : undefined;
  const next = typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : {};
  if (next !== inner) edit(target, [name], next);
  edit(next, rest, value);
}

/** A change of bytes; `at` and `until` are positions from 0 to 1 of the whole length. */
export interface ByteEdit {
  readonly kind: 'truncate' | 'flip' | 'duplicate' | 'insert' | 'remove';
  readonly at: number;
  readonly until: number;
  readonly byte: number;
}

const place = fc.double({ min: 0, max: 1, noNaN: true });

export const byteEdit: Arbitrary<ByteEdit> = fc.record({
  kind: fc.constantFrom('truncate', 'flip', 'duplicate', 'insert', 'remove'),
  at: place,
  until: place,
  byte: fc.oneof(fc.constantFrom(...Buffer.from('{}[]":,\\\0 tn-1')), fc.integer({ min: 0, max: 255 })),
});

/** The bytes after one change. */
export function withByteEdit(bytes: Buffer, { kind, at, until, byte }: ByteEdit): Buffer {
  const from = Math.floor(Math.min(at, until) * bytes.length);
  const to = Math.floor(Math.max(at, until) * bytes.length);
  const [head, piece, tail] = [bytes.subarray(0, from), bytes.subarray(from, to), bytes.subarray(to)];
  switch (kind) {
    case 'truncate':
      return head;
    case 'flip':
      return Buffer.concat([head, Buffer.of((bytes[from] ?? 0) ^ byte), bytes.subarray(from + 1)]);
    case 'duplicate':
      return Buffer.concat([head, piece, piece, tail]);
    case 'insert':
      return Buffer.concat([head, Buffer.of(byte), bytes.subarray(from)]);
    case 'remove':
      return Buffer.concat([head, tail]);
  }
}
