import type { Request, Response } from 'restify';

/** Where the recorder is served; beside the pages, which name it by its last part. */
export const RECORDER_PATH = '/talk/recorder.js';

/**
 * Runs beside the page, where the browser makes sound: hands on what the microphone gives, all channels mixed into one.
 * Told to end, it hands on the rest, and then `null`.
 */
const RECORDER_SCRIPT = `
'use strict';
registerProcessor('recorder', class extends AudioWorkletProcessor {
  #piece = new Float32Array(2048);
  #filled = 0;
  #isOver = false;

  constructor() {
    super();
    this.port.onmessage = () => {
      this.port.postMessage(this.#piece.slice(0, this.#filled));
      this.port.postMessage(null);
      this.#isOver = true;
    };
  }

  process([channels]) {
    if (this.#isOver) return false;
    const length = channels[0]?.length ?? 0;
    for (let index = 0; index < length; index++) {
      let sum = 0;
      for (const channel of channels) sum += channel[index];
      this.#piece[this.#filled++] = sum / channels.length;
      if (this.#filled === this.#piece.length) this.#handOn();
    }
    return true;
  }

  #handOn() {
    const piece = this.#piece;
    this.#piece = new Float32Array(piece.length);
    this.#filled = 0;
    this.port.postMessage(piece, [piece.buffer]);
  }
});
`;

/** `GET` and `HEAD` of the recorder. A browser takes it from an address alone, and not from within a page. */
export function recorderRoute() {
  return async function serveRecorder(request: Request, response: Response): Promise<void> {
    response.writeHead(200, {
      'Content-Type': 'text/javascript; charset=utf-8',
      'Content-Length': Buffer.byteLength(RECORDER_SCRIPT),
      // Page and recorder are of the same version.
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
    });
    response.end(request.method === 'HEAD' ? undefined : RECORDER_SCRIPT);
  };
}
