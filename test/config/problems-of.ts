import assert from 'node:assert/strict';
import { readConfig } from '../../src/config/config.ts';
import type { Env } from '../../src/config/env.ts';
import { ConfigError } from '../../src/errors.ts';

/** The least that a bot needs. */
export const azure = {
  AZURE_OPENAI_ENDPOINT: 'https://r.openai.azure.com/',
  AZURE_OPENAI_DEPLOYMENT_NAME: 'gpt-realtime',
};

export function problemsOf(env: Env): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems;
  }
  return [];
}
