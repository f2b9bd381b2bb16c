import { serveTasks } from '../../workers/serve-tasks.ts';
import { type ClipJob, decodeClip } from './decode-clip.ts';

serveTasks<ClipJob, Uint8Array<ArrayBuffer>>(async (job) => {
  const pcm = await decodeClip(job);
  return { result: pcm, transfer: [pcm.buffer] };
});
