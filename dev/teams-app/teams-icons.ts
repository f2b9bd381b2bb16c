import { type Picture, readPng } from './png.ts';

/** The two icons of an app: in colour, and as an outline for the bars of the client. */
export type IconKind = 'color' | 'outline';

/** In pixels. https://learn.microsoft.com/microsoftteams/platform/concepts/design/design-teams-app-icon-store-appbar */
const SIDES: Readonly<Record<IconKind, number>> = { color: 192, outline: 32 };

/** What keeps a file from being such an icon of an app in Teams. */
export function iconProblems(file: Uint8Array, kind: IconKind): readonly string[] {
  try {
    const picture = readPng(Buffer.from(file));
    return [...sizeProblems(picture, SIDES[kind]), ...(kind === 'outline' ? outlineProblems(picture) : [])];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

function sizeProblems({ width, height }: Picture, side: number): string[] {
  if (width === side && height === side) return [];
  return [`has ${width} x ${height} pixels; expected ${side} x ${side}`];
}

/** Clients colour it as they like: nothing but white counts, and how far it covers. */
function outlineProblems({ channels, pixels }: Picture): string[] {
  if (channels !== 4) return ['has no transparent ground'];
  const colours = new Set<number>();
  const alphas = new Set<number>();
  for (let at = 0; at < pixels.length; at += 4) {
    const alpha = pixels[at + 3] ?? 0;
    alphas.add(alpha);
    if (alpha > 0) colours.add(pixels.readUIntBE(at, 3));
  }
  colours.delete(0xffffff);
  return [
    ...(colours.size > 0 ? ['has other colours than white'] : []),
    ...(alphas.has(0) && alphas.has(255) ? [] : ['is not white on a transparent ground']),
  ];
}
