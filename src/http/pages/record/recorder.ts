import type { Request, Response } from 'restify';
import { browserScript } from '../browser-script.ts';

/** Where the recorder is served; beside the pages, which name it by its last part. */
export const RECORDER_PATH = '/record/recorder.js';

/** `GET` and `HEAD` of the recorder. A browser takes it from an address alone, and not from within a page. */
export function recorderRoute() {
  return async function serveRecorder(request: Request, response: Response): Promise<void> {
    const script = await browserScript('recorder');
    response.writeHead(200, {
      'Content-Type': 'text/javascript; charset=utf-8',
      'Content-Length': Buffer.byteLength(script),
      // Page and recorder are of the same version.
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
    });
    response.end(request.method === 'HEAD' ? undefined : script);
  };
}
