import fc from 'fast-check';

/** Forbidden ranges as first address and length, from the registries of IANA. */
const FORBIDDEN_V4: readonly (readonly [first: readonly number[], bits: number])[] = [
  [[0, 0, 0, 0], 8],
  [[10, 0, 0, 0], 8],
  [[100, 64, 0, 0], 10],
  [[127, 0, 0, 0], 8],
  [[168, 63, 129, 16], 32],
  [[169, 254, 0, 0], 16],
  [[169, 254, 169, 254], 32],
  [[172, 16, 0, 0], 12],
  [[192, 0, 0, 0], 24],
  [[192, 0, 2, 0], 24],
  [[192, 88, 99, 0], 24],
  [[192, 168, 0, 0], 16],
  [[198, 18, 0, 0], 15],
  [[198, 51, 100, 0], 24],
  [[203, 0, 113, 0], 24],
  [[224, 0, 0, 0], 4],
  [[240, 0, 0, 0], 4],
  [[255, 255, 255, 255], 32],
];
const FORBIDDEN_V6: readonly (readonly [first: readonly number[], bits: number])[] = [
  [[0], 96],
  [[0, 0, 0, 0, 0, 0xffff], 96],
  [[0, 0, 0, 0, 0xffff], 96],
  [[0x64, 0xff9b], 96],
  [[0x64, 0xff9b, 1], 48],
  [[0x100], 64],
  [[0x2001], 23],
  [[0x2001, 0xdb8], 32],
  [[0x2002], 16],
  [[0x3fff], 20],
  [[0x5f00], 16],
  [[0xfc00], 7],
  [[0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254], 128],
  [[0xfe80], 10],
  [[0xfec0], 10],
  [[0xff00], 8],
];

/** Any address of such a range, as a number. */
export const forbiddenV4: fc.Arbitrary<number> = fc
  .tuple(fc.constantFrom(...FORBIDDEN_V4), fc.nat({ max: 0xff_ff_ff_ff }))
  .map(([[first, bits], random]) => {
    const size = 2 ** (32 - bits);
    return first.reduce((value, octet) => value * 256 + octet, 0) + (random % size);
  });

/** Any address of such a range, as eight groups. */
export const forbiddenV6: fc.Arbitrary<readonly number[]> = fc
  .tuple(fc.constantFrom(...FORBIDDEN_V6), fc.array(fc.nat({ max: 0xff_ff }), { minLength: 8, maxLength: 8 }))
  .map(([[first, bits], random]) =>
    random.map((value, index) => {
      const free = Math.min(16, Math.max(0, (index + 1) * 16 - bits));
      return (first[index] ?? 0) + (value % 2 ** free);
    }),
  );

const octetsOf = (value: number): number[] => [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256);
const octal = (value: number) => `0${value.toString(8)}`;
const hex = (value: number) => `0x${value.toString(16)}`;

/** The notations that some parser accepts for an IPv4 address. */
export function formsOfV4(value: number): readonly string[] {
  const octets = octetsOf(value);
  const [a = 0, b = 0] = octets;
  const forms = [
    octets.join('.'),
    octets.map(octal).join('.'),
    octets.map((octet) => `000${octal(octet)}`).join('.'),
    octets.map(hex).join('.'),
    octets.map((octet) => `0x${octet.toString(16).toUpperCase().padStart(8, '0')}`).join('.'),
    octets.map((octet, index) => [String, octal, hex, String][index]?.(octet)).join('.'),
    String(value),
    octal(value),
    hex(value),
    `${a}.${value % 2 ** 24}`,
    `${octal(a)}.${hex(value % 2 ** 24)}`,
    `${a}.${b}.${value % 2 ** 16}`,
    `${hex(a)}.${octal(b)}.${value % 2 ** 16}`,
  ];
  const dotted = octets.join('.');
  return [...forms, `${dotted}.`, dotted.replaceAll('.', '。'), dotted.replaceAll('.', '．'), fullWidth(dotted)];
}

function fullWidth(text: string): string {
  return [...text].map((char) => (char === '.' ? char : String.fromCodePoint(char.charCodeAt(0) + 0xfee0))).join('');
}

/** IPv6 addresses that contain an IPv4 address: mapped, compatible, translated, NAT64, 6to4, Teredo. */
export function v4InV6(value: number): readonly (readonly number[])[] {
  const [high, low] = [Math.floor(value / 65_536), value % 65_536];
  return [
    [0, 0, 0, 0, 0, 0xffff, high, low],
    [0, 0, 0, 0, 0, 0, high, low],
    [0, 0, 0, 0, 0xffff, 0, high, low],
    [0x64, 0xff9b, 0, 0, 0, 0, high, low],
    [0x64, 0xff9b, 1, 0, 0, 0, high, low],
    [0x2002, high, low, 0, 0, 0, 0, 1],
    [0x2001, 0, 0x4136, 0xe378, 0x8000, 0x63bf, high ^ 0xffff, low ^ 0xffff],
  ];
}

/** The notations of an IPv6 address. */
export function formsOfV6(groups: readonly number[]): readonly string[] {
  const short = groups.map((group) => group.toString(16));
  const long = short.map((group) => group.padStart(4, '0'));
  const tail = octetsOf((groups[6] ?? 0) * 65_536 + (groups[7] ?? 0)).join('.');
  const withTail = [...short.slice(0, 6), tail].join(':');
  const forms = [short.join(':'), long.join(':'), withTail, squeezed(short.join(':')), squeezed(withTail)];
  return forms.flatMap((form) => [form, form.toUpperCase(), `${form}%eth0`]);
}

/** With its first zeros left out. */
function squeezed(text: string): string {
  return text.replace(/(^|:)0(:0)+(:|$)/, '::');
}
