/** A box of ISO/IEC 14496-12, 4.2; on request with its length in the long form. */
export function box(type: string, content: Buffer, { isLong = false } = {}): Buffer {
  const header = Buffer.alloc(isLong ? 16 : 8);
  header.writeUInt32BE(isLong ? 1 : 8 + content.length);
  header.write(type, 4, 'latin1');
  if (isLong) header.writeBigUInt64BE(BigInt(16 + content.length), 8);
  return Buffer.concat([header, content]);
}

export function track(handler: string): Buffer {
  const content = Buffer.concat([Buffer.alloc(8), Buffer.from(handler), Buffer.alloc(13)]);
  return box('trak', Buffer.concat([box('tkhd', Buffer.alloc(84)), box('mdia', box('hdlr', content))]));
}

export function brandOf(brand: string): Buffer {
  return box('ftyp', Buffer.from(`${brand}\0\0\0\0`));
}

/** An MP4 with these empty tracks; they are at its end, as cameras write it. */
export function film(brand: string, handlers: readonly string[], { isLong = false } = {}): Buffer {
  const media = box('mdat', Buffer.alloc(5_000), { isLong });
  return Buffer.concat([
    brandOf(brand),
    box('free', Buffer.alloc(0)),
    media,
    box('moov', Buffer.concat(handlers.map(track))),
  ]);
}
