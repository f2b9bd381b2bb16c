import { findFfmpeg } from '../audio/clip/ffmpeg.ts';
import type { Config } from '../config/config.ts';
import { settingsFile } from '../installation.ts';
import { type Check, type DoctorDeps, type Finding, pass, skipped, warn } from './check.ts';

const LIMIT_MS = 1_000;

const MODELS: Readonly<Record<Config['model']['kind'], string>> = {
  azureKey: 'Azure OpenAI with a key',
  azureEntraId: 'Azure OpenAI with Entra ID',
  openai: 'OpenAI',
};

/** What is known without asking anybody. Older versions of Node were refused at the start. */
export function environmentChecks({ config, env, installed }: DoctorDeps): readonly Check[] {
  const { model, database, azureStorageBlobUrl, notices } = config;
  const set = `${MODELS[model.kind]} ("${model.model}"), ${database === undefined ? 'no database' : 'a database'}, ${azureStorageBlobUrl === undefined ? 'no storage account' : 'a storage account'}`;
  const figures = { model: model.kind, storage: database === undefined ? 'memory' : 'postgres' };
  const fix = `See these settings in ${settingsFile(installed)}.`;
  const none = { limitMs: LIMIT_MS, lateFix: '' };
  return [
    {
      name: 'configuration',
      ...none,
      run: async () =>
        notices.length === 0 ? pass(set, figures) : warn(`${set}; ${notices.join('; ')}`, fix, figures),
    },
    {
      name: 'Node',
      ...none,
      run: async () => pass(`${process.version} on ${process.platform} ${process.arch}`, { version: process.version }),
    },
    { name: 'ffmpeg', ...none, run: async () => ffmpegFinding(await findFfmpeg(env['PATH'])) },
  ];
}

/** The bot does without it. */
function ffmpegFinding(path: string | undefined): Finding {
  return path === undefined
    ? skipped('not on the PATH: of the sounds that people send, only WAV, MP3 and Ogg Opus can be heard')
    : pass(`${path}: M4A, WebM, FLAC, AMR and others can be heard, too`, { path });
}
