import { ascii } from '../audio/clip/ascii.ts';

const HEADER_BYTES = 8;
const LONG_HEADER_BYTES = 16;
/** In `hdlr`, behind the version, the flags and a field that QuickTime alone uses. */
const HANDLER_AT = 8;
/** Where a handler lies, from the outside in. */
const PATH_TO_HANDLER = ['moov', 'trak', 'mdia', 'hdlr'] as const;
/** A film of many fragments has its tracks before all of them. */
const MAX_BOXES = 2_000;

/** The content of a box. */
interface Box {
  readonly type: string;
  readonly from: number;
  readonly to: number;
}

/**
 * Whether a file of the MP4 family has a track of pictures (ISO/IEC 14496-12, 4.2 and 8.4.3; QuickTime is the same
 * here). A picture on the cover of a sound is no track. What is damaged has those that are found; looks at 2,000 boxes
 * at most.
 */
export function hasVideoTrack(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let left = MAX_BOXES;
  const isVideo = (from: number, to: number, depth: number): boolean => {
    for (let at = from; left > 0; left--) {
      const box = boxAt(view, bytes, at, to);
      if (box === undefined) return false;
      at = box.to;
      if (box.type !== PATH_TO_HANDLER[depth]) continue;
      const isHandler = depth === PATH_TO_HANDLER.length - 1;
      if (isHandler ? ascii(bytes, box.from + HANDLER_AT, 4) === 'vide' : isVideo(box.from, box.to, depth + 1))
        return true;
    }
    return false;
  };
  return isVideo(0, bytes.length, 0);
}

/** Nothing where no whole header is before `end`; a box that is longer than what it lies in is cut off there. */
function boxAt(view: DataView, bytes: Uint8Array, at: number, end: number): Box | undefined {
  if (at + HEADER_BYTES > end) return undefined;
  const type = ascii(bytes, at + 4, 4);
  const told = view.getUint32(at);
  // 0: to the end; 1: the length follows.
  if (told === 0) return { type, from: at + HEADER_BYTES, to: end };
  const isLong = told === 1;
  if (isLong && at + LONG_HEADER_BYTES > end) return undefined;
  const length = isLong ? Number(view.getBigUint64(at + HEADER_BYTES)) : told;
  const headerBytes = isLong ? LONG_HEADER_BYTES : HEADER_BYTES;
  return length < headerBytes ? undefined : { type, from: at + headerBytes, to: Math.min(at + length, end) };
}
