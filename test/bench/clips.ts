import { fileURLToPath } from 'node:url';
import type { ClipCalls, ClipFigures } from './clip-process.ts';
import { startRemote } from './remote.ts';

export interface MeasuredClip extends ClipFigures {
  readonly name: string;
}

const CLIPS = [
  ['MP3', 'stereo-48k.mp3'],
  ['Opus', 'stereo.opus'],
] as const;

/** A minute of each, in a fresh process, once and so many times more. */
export async function measureClips(times: number): Promise<MeasuredClip[]> {
  const measured: MeasuredClip[] = [];
  for (const [name, file] of CLIPS) {
    const process = startRemote<ClipCalls>({
      name: 'the process that decodes',
      args: ['--expose-gc', fileURLToPath(new URL('./clip-process.ts', import.meta.url))],
    });
    measured.push({ name, ...(await process.call('measure', { file, times })) });
    await process.stop();
  }
  return measured;
}
