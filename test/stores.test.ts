import assert from 'node:assert/strict';
import { it } from 'node:test';
import { systemClock } from '../src/clock.ts';
import { readConfig } from '../src/config/config.ts';
import { randomIds } from '../src/ids.ts';
import { createLogger } from '../src/log.ts';
import { openStores } from '../src/stores.ts';
import { azure } from './config/problems-of.ts';

it('a bot with a database never keeps its conversations in memory', () => {
  const config = readConfig({ ...azure, DATABASE_URL: 'postgres://bot:password@localhost/bot' });
  const log = createLogger('silent');
  const tokens = () => () => Promise.reject(new Error('not called'));
  const options = { config, clock: systemClock, ids: randomIds, random: Math.random, log, tokens };
  assert.throws(() => openStores({ ...options, openDatabase: undefined }), /loadDatabase was not called/);
});
