import fc, { type Arbitrary } from 'fast-check';

/**
 * Any code point except lone surrogates, as the unit of `fc.string`. The unit `binary` has the same characters but
 * takes a second of processor time to set up: fast-check (4.10.2) enumerates all 1.1 million of them.
 */
export const anyCharacter: Arbitrary<string> = fc
  .oneof(
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 0x7f }) },
    { weight: 1, arbitrary: fc.integer({ min: 0x80, max: 0xd7ff }) },
    { weight: 2, arbitrary: fc.integer({ min: 0xe000, max: 0x10ffff }) },
  )
  .map((point) => String.fromCodePoint(point));
