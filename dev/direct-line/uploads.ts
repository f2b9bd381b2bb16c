import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Activity } from './conversation.ts';

/** A file that a user attached. */
export interface UploadedFile {
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** A bound of Direct Line's own: 4 MB. Larger here, so that files up to the bot's own bound can be tried. */
export const MAX_UPLOAD_BYTES = 32 * 1024 * 1024;
const MAX_KEPT_BYTES = 128 * 1024 * 1024;

/** The files that users attached, in memory. The least recently used leave first. */
export class Uploads {
  readonly #files = new LRUCache<string, UploadedFile>({
    maxSize: MAX_KEPT_BYTES,
    sizeCalculation: ({ bytes }) => bytes.byteLength + 1,
  });

  find(id: string): UploadedFile | undefined {
    return this.#files.get(id);
  }

  /**
   * Reads an upload: a part `activity`, and one part for each file. Returns the activity with its attachments, whose
   * addresses begin with `baseUrl`. Rejects when the body is no form.
   */
  async add(body: Buffer, contentType: string, baseUrl: string): Promise<Activity> {
    const form = await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } }).formData();
    const sent = form.get('activity');
    const activity: Activity = sent instanceof Blob ? JSON.parse(await sent.text()) : { type: 'message' };
    const files = form.getAll('file').filter((part) => part instanceof File);
    const attachments = await Promise.all(files.map((file) => this.#keep(file, baseUrl)));
    return { ...activity, attachments };
  }

  async #keep(file: File, baseUrl: string): Promise<Activity> {
    const id = randomUUID();
    const contentType = file.type || 'application/octet-stream';
    this.#files.set(id, { contentType, bytes: new Uint8Array(await file.arrayBuffer()) });
    return { contentType, contentUrl: `${baseUrl}/v3/directline/attachments/${id}`, name: file.name };
  }
}
