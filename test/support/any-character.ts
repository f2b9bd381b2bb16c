import fc, { type Arbitrary } from 'fast-check';

/**
 * Any code point but halves of surrogate pairs, as the unit of `fc.string`. The same characters as of its unit `binary`,
 * which takes a second of processor to set up: fast-check (4.10.2) lists all 1.1 million of them to shrink a handful of known texts.
 */
export const anyCharacter: Arbitrary<string> = fc
  .oneof(
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 0x7f }) },
    { weight: 1, arbitrary: fc.integer({ min: 0x80, max: 0xd7ff }) },
    { weight: 2, arbitrary: fc.integer({ min: 0xe000, max: 0x10ffff }) },
  )
  .map((point) => String.fromCodePoint(point));
