import { type BotUnderTest, type BotUnderTestOptions, startBot } from './bot.ts';
import { startOpenIdServer, type TokenOptions } from './openid-server.ts';

export type SignedBot = BotUnderTest & {
  /** What the channel shows with a request; good unless told otherwise. */
  bearer(options?: TokenOptions): string;
};

/** The real bot with an app id: what is posted to it bears a token of the channel, unless it has one of its own. */
export async function startSignedBot({ env, ...options }: BotUnderTestOptions = {}): Promise<SignedBot> {
  const openId = await startOpenIdServer();
  const bot = await startBot({ ...options, env: { ...openId.env, ...env } });
  const { post } = bot;
  const bearer = (token?: TokenOptions) => `Bearer ${openId.token(bot.connector.url, token)}`;
  const close = async () => {
    await bot.close();
    await openId.close();
  };
  return Object.assign(bot, {
    bearer,
    post: (activity: unknown, headers = {}) => post(activity, { authorization: bearer(), ...headers }),
    [Symbol.asyncDispose]: close,
  });
}
