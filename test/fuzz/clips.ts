import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { type Coding, makeWav } from '../audio/clip/make-wav.ts';
import { clipFile, tones } from '../audio/clip/tones.ts';

/** The changes to a file; positions are fractions of its length, so that edits keep their meaning when it changes. */
export type Damage =
  | { readonly kind: 'flip'; readonly at: number; readonly bit: number }
  | { readonly kind: 'header'; readonly at: number; readonly byte: number }
  | { readonly kind: 'field'; readonly at: number; readonly value: number }
  | { readonly kind: 'fill'; readonly at: number; readonly share: number; readonly byte: number }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'behead'; readonly at: number }
  | { readonly kind: 'remove'; readonly at: number; readonly share: number }
  | { readonly kind: 'splice'; readonly at: number; readonly other: string; readonly from: number }
  | { readonly kind: 'repeat'; readonly times: number };

/** A file and its changes. */
export interface DamagedClip {
  readonly source: string;
  readonly damages: readonly Damage[];
}

const MAX_BYTES = 2 * 1024 * 1024;
const CODINGS = ['u8', 's16', 's24', 's32', 'f32', 'f64', 'alaw', 'mulaw'] as const satisfies readonly Coding[];

const sources: Readonly<Record<string, Uint8Array>> = {
  ...Object.fromEntries(CODINGS.map((coding) => [`${coding}.wav`, wavOf(coding)])),
  ...Object.fromEntries(
    readdirSync(new URL('../audio/clips/', import.meta.url))
      .filter((name) => !name.endsWith('.md'))
      .map((name) => [name, clipFile(name)]),
  ),
};

function wavOf(coding: Coding): Uint8Array {
  const rateHz = 8_000 + 4_567 * CODINGS.indexOf(coding);
  return makeWav(tones(rateHz, 0.2, [440, 0.5]), {
    coding,
    rateHz,
    channels: 1 + (rateHz % 3),
    isExtensible: rateHz % 2 === 0,
  });
}

const names = Object.keys(sources);
/** The formats that are decoded in this process; the others only have to be recognized. */
const ownNames = names.filter((name) => /\.(wav|mp3|opus)$/.test(name));

/** Without the library's preference for bounds, which would truncate most files at 0. */
const share = fc.noBias(fc.nat({ max: 100_000 })).map((part) => part / 100_000);
const smallShare = share.map((part) => part / 5);
const byte = fc.nat({ max: 255 });
/** The positions of headers; seldom before the bytes that identify a file, or all of them would be unknown. */
const inHeaders = fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 12, max: 100 }) }, fc.nat({ max: 11 }));
const anyField = fc.oneof(
  fc.constantFrom(0, 1, 2, 0x7f, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff),
  fc.nat({ max: 0xffffffff }),
);

/** A few, or far more than allowed. */
const anyTimes = fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 2, max: 5 }) }, fc.constantFrom(100, 300));

const anyDamage: fc.Arbitrary<Damage> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('flip' as const), at: share, bit: fc.nat({ max: 7 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('header' as const), at: inHeaders, byte }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('field' as const), at: inHeaders, value: anyField }),
  },
  fc.record({
    kind: fc.constant('fill' as const),
    at: share,
    share: smallShare,
    byte,
  }),
  fc.record({ kind: fc.constant('cut' as const), at: share }),
  fc.record({ kind: fc.constant('behead' as const), at: share }),
  fc.record({ kind: fc.constant('remove' as const), at: share, share }),
  fc.record({ kind: fc.constant('splice' as const), at: share, other: fc.constantFrom(...names), from: share }),
  fc.record({ kind: fc.constant('repeat' as const), times: anyTimes }),
);

export const damagedClip: fc.Arbitrary<DamagedClip> = fc.record({
  source: fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...ownNames) }, fc.constantFrom(...names)),
  damages: fc.array(anyDamage, { minLength: 1, maxLength: 6 }),
});

export function bytesOf({ source, damages }: DamagedClip): Uint8Array {
  let bytes: Uint8Array = Uint8Array.from(sources[source] ?? []);
  for (const damage of damages) bytes = damaged(bytes, damage).subarray(0, MAX_BYTES);
  return bytes;
}

function damaged(bytes: Uint8Array, damage: Damage): Uint8Array {
  const place = (at: number) => Math.min(Math.floor(at * bytes.length), Math.max(0, bytes.length - 1));
  switch (damage.kind) {
    case 'flip':
      return changed(bytes, place(damage.at), [(bytes[place(damage.at)] ?? 0) ^ (1 << damage.bit)]);
    case 'header':
      return changed(bytes, damage.at, [damage.byte]);
    case 'field':
      return changed(
        bytes,
        damage.at,
        [0, 8, 16, 24].map((shift) => (damage.value >>> shift) & 0xff),
      );
    case 'fill':
      return Uint8Array.from(bytes).fill(damage.byte, place(damage.at), place(damage.at + damage.share));
    case 'cut':
      return bytes.subarray(0, place(damage.at));
    case 'behead':
      return bytes.subarray(place(damage.at));
    case 'remove':
      return Buffer.concat([bytes.subarray(0, place(damage.at)), bytes.subarray(place(damage.at + damage.share))]);
    case 'splice': {
      const other = sources[damage.other] ?? new Uint8Array();
      return Buffer.concat([
        bytes.subarray(0, place(damage.at)),
        other.subarray(Math.floor(damage.from * other.length)),
      ]);
    }
    case 'repeat': {
      const times = Math.min(damage.times, Math.ceil(MAX_BYTES / Math.max(1, bytes.length)));
      return Buffer.concat(Array<Uint8Array>(times).fill(bytes));
    }
  }
}

function changed(bytes: Uint8Array, at: number, values: readonly number[]): Uint8Array {
  const copy = Uint8Array.from(bytes);
  for (const [index, value] of values.entries()) if (at + index < copy.length) copy[at + index] = value;
  return copy;
}
