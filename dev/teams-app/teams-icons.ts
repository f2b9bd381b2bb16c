import { Jimp } from 'jimp';
import { detectFileKind } from '../../src/attachments/detect-file-kind.ts';

/** The two icons of an app: in colour, and as an outline for the bars of the client. */
export type IconKind = 'color' | 'outline';

/** In pixels. https://learn.microsoft.com/microsoftteams/platform/concepts/design/design-teams-app-icon-store-appbar */
const SIDES: Readonly<Record<IconKind, number>> = { color: 192, outline: 32 };

/** Why a file cannot be an icon of an app in Teams. */
export async function iconProblems(file: Uint8Array, kind: IconKind): Promise<readonly string[]> {
  if (detectFileKind(file) !== 'png') return ['is not a PNG'];
  const side = SIDES[kind];
  try {
    const { bitmap } = await Jimp.fromBuffer(Buffer.from(file));
    const { width, height } = bitmap;
    if (width !== side || height !== side) return [`has ${width} x ${height} pixels; expected ${side} x ${side}`];
    return kind === 'outline' ? outlineProblems(bitmap.data) : [];
  } catch {
    return ['is a broken PNG'];
  }
}

/** Clients colour the outline themselves: only white counts, and its opacity. */
function outlineProblems(rgba: Buffer): string[] {
  const colours = new Set<number>();
  const alphas = new Set<number>();
  for (let at = 0; at < rgba.length; at += 4) {
    const alpha = rgba[at + 3] ?? 0;
    alphas.add(alpha);
    if (alpha > 0) colours.add(rgba.readUIntBE(at, 3));
  }
  colours.delete(0xffffff);
  return [
    ...(colours.size > 0 ? ['has other colours than white'] : []),
    ...(alphas.has(0) && alphas.has(255) ? [] : ['is not white on a transparent background']),
  ];
}
