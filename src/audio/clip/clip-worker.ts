import { serveTasks } from '../../workers/serve-tasks.ts';
import { type ClipTask, decodeClip } from './decode-clip.ts';

serveTasks<ClipTask, Uint8Array<ArrayBuffer>>(async (task) => {
  const pcm = await decodeClip(task);
  return { result: pcm, transfer: [pcm.buffer] };
});
