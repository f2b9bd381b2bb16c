import { findFfmpeg } from '../audio/clip/ffmpeg.ts';
import { settingsFile } from '../installation.ts';
import { type CheckContext, type Finding, pass, skipped, warn } from './check.ts';

const MODELS = {
  azureKey: 'Azure OpenAI with a key',
  azureEntraId: 'Azure OpenAI with Entra ID',
  openai: 'OpenAI',
} as const;

export function checkConfiguration({ config, installation }: CheckContext): Finding {
  const { model, database, azureStorageBlobUrl, notices } = config;
  const stores = `${database === undefined ? 'no' : 'a'} database, ${azureStorageBlobUrl === undefined ? 'no' : 'a'} storage account`;
  const settings = `${MODELS[model.kind]} ("${model.model}"), ${stores}`;
  if (notices.length === 0) return pass(settings);
  return warn(`${settings}; ${notices.join('; ')}`, `These settings are described in ${settingsFile(installation)}.`);
}

export function checkNode(): Finding {
  return pass(`${process.version} on ${process.platform} ${process.arch}`);
}

/** The bot works without ffmpeg. */
export async function checkFfmpeg({ env }: CheckContext): Promise<Finding> {
  const path = await findFfmpeg(env['PATH']);
  return path === undefined
    ? skipped('not on the PATH: the bot can read only WAV, MP3 and Ogg Opus audio files')
    : pass(`${path}: the bot can also read M4A, WebM, FLAC, AMR and others`);
}
