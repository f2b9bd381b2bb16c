import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Activity } from './conversation.ts';

/** A file that a user attached. */
export interface UploadedFile {
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** Direct Line itself allows 4 MB. Larger here, to try files up to the limit of the bot. */
export const MAX_UPLOAD_BYTES = 32 * 1024 * 1024;
const MAX_STORED_BYTES = 128 * 1024 * 1024;

/** Attached files, in memory. The least recently used are evicted first. */
export class Uploads {
  readonly #files = new LRUCache<string, UploadedFile>({
    maxSize: MAX_STORED_BYTES,
    sizeCalculation: ({ bytes }) => bytes.byteLength + 1,
  });

  find(id: string): UploadedFile | undefined {
    return this.#files.get(id);
  }

  /**
   * Reads a multipart upload: a part `activity` and one part for each file. Returns the activity with its attachments,
   * whose URLs begin with `baseUrl`. Rejects if the body is no form.
   */
  async add(body: Buffer, contentType: string, baseUrl: string): Promise<Activity> {
    const form = await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } }).formData();
    const part = form.get('activity');
    const activity: Activity = part instanceof Blob ? JSON.parse(await part.text()) : { type: 'message' };
    const files = form.getAll('file').filter((file) => file instanceof File);
    const attachments = await Promise.all(files.map((file) => this.#store(file, baseUrl)));
    return { ...activity, attachments };
  }

  async #store(file: File, baseUrl: string): Promise<Activity> {
    const id = randomUUID();
    const contentType = file.type || 'application/octet-stream';
    this.#files.set(id, { contentType, bytes: new Uint8Array(await file.arrayBuffer()) });
    return { contentType, contentUrl: `${baseUrl}/v3/directline/attachments/${id}`, name: file.name };
  }
}
