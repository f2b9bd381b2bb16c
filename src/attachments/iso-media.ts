import { ascii } from '../audio/clip/ascii.ts';

const HEADER_BYTES = 8;
const LONG_HEADER_BYTES = 16;
/** The handler's offset in `hdlr`, after the version, the flags and a field of QuickTime. */
const HANDLER_AT = 8;
/** The boxes around a handler, from the outside in. */
const PATH_TO_HANDLER = ['moov', 'trak', 'mdia', 'hdlr'] as const;
/** Limits the boxes that are read. A video with many fragments has its tracks before them. */
const MAX_BOXES = 2_000;

interface Box {
  readonly type: string;
  readonly from: number;
  readonly to: number;
}

/**
 * Whether a file of the MP4 family has a video track (ISO/IEC 14496-12, 4.2 and 8.4.3; the same in QuickTime). A cover
 * picture is not a track. Reads 2,000 boxes at most; a damaged file has the tracks that are found.
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

/** Returns `undefined` without a whole header before `end`. A box that exceeds its container ends with it. */
function boxAt(view: DataView, bytes: Uint8Array, at: number, end: number): Box | undefined {
  if (at + HEADER_BYTES > end) return undefined;
  const type = ascii(bytes, at + 4, 4);
  const size = view.getUint32(at);
  // Size 0 means up to the end; size 1 means that a longer size field follows.
  if (size === 0) return { type, from: at + HEADER_BYTES, to: end };
  const isLong = size === 1;
  if (isLong && at + LONG_HEADER_BYTES > end) return undefined;
  const length = isLong ? Number(view.getBigUint64(at + HEADER_BYTES)) : size;
  const headerBytes = isLong ? LONG_HEADER_BYTES : HEADER_BYTES;
  return length < headerBytes ? undefined : { type, from: at + headerBytes, to: Math.min(at + length, end) };
}
