/** The coefficients of 64 pixels in one colour. */
const BLOCK_LENGTH = 64;
const BLOCK_BYTES = 4 * BLOCK_LENGTH;
const POOL_BYTES = 64 * 1024 * BLOCK_BYTES;

/**
 * Runs `decode` with an Int32Array whose arrays of 64 integers share large buffers. jpeg-js (0.4.4, decoder.js) makes one
 * for each 64 pixels of each colour: the half million of a large picture would take a multiple of their size, most of
 * which the process never releases. Use it in a thread in which nothing else runs meanwhile.
 */
export function withJpegBlockPool<T>(decode: () => T): T {
  const ownArray = globalThis.Int32Array;
  let pool = new ArrayBuffer(0);
  let used = 0;
  globalThis.Int32Array = new Proxy(ownArray, {
    construct(target, args) {
      if (args.length !== 1 || args[0] !== BLOCK_LENGTH) return Reflect.construct(target, args);
      if (used === pool.byteLength) {
        pool = new ArrayBuffer(POOL_BYTES);
        used = 0;
      }
      const block = new target(pool, used, BLOCK_LENGTH);
      used += BLOCK_BYTES;
      return block;
    },
  });
  try {
    return decode();
  } finally {
    globalThis.Int32Array = ownArray;
  }
}
