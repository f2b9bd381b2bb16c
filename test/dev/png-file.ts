import { Jimp, JimpMime } from 'jimp';

/** A square PNG of RGBA pixels. */
export function pngSquare(side: number, pixelAt: (x: number, y: number) => number): Promise<Buffer> {
  const image = new Jimp({ width: side, height: side });
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) image.setPixelColor(pixelAt(x, y) >>> 0, x, y);
  }
  return image.getBuffer(JimpMime.png);
}
