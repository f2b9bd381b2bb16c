import { serveTasks } from '../../workers/serve-tasks.ts';
import type { Clip } from './clip.ts';
import { decodeClip } from './decode-clip.ts';

serveTasks<Uint8Array, Clip>(async (bytes) => {
  const clip = await decodeClip(bytes);
  return { result: clip, transfer: [clip.pcm.buffer] };
});
