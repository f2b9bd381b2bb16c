import type { TestContext } from 'node:test';
import { openDatabase } from '../../src/database/database.ts';
import { type BotUnderTest, type BotUnderTestOptions, startBot } from '../support/bot.ts';
import { sharedPostgres } from '../support/postgres.ts';

/** An instance of the bot on a database of a test, once it can use it. */
export async function startInstance(
  t: TestContext,
  url: string,
  options: BotUnderTestOptions = {},
): Promise<BotUnderTest> {
  const env = { DATABASE_URL: url, AZURE_OPENAI_DEPLOYMENT_NAME: 'gpt-realtime-1.5', ...options.env };
  const bot = await startBot({ ...options, env, deps: { openDatabase } });
  t.after(() => bot.close());
  await bot.logged('database connected');
  return bot;
}

/** The address of an empty database. */
export async function freshDatabase(): Promise<string> {
  return (await sharedPostgres()).createDatabase();
}
