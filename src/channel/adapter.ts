import { type Activity, CloudAdapter, type InvokeResponse, type TurnContext } from 'botbuilder';
import { ClaimsIdentity, type ConnectorClient } from 'botframework-connector';
import type { Clock } from '../clock.ts';
import type { Env } from '../config/env.ts';
import type { MessageReference } from '../conversation/user-message.ts';
import { withDeadline } from '../deadline.ts';
import { ConfigError, RequestError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { tokenOf } from './bot-token.ts';
import { trustOnlyOwnTenant } from './botbuilder-patches.ts';
import { channelOf } from './capabilities.ts';
import { CachingAuthentication } from './connector-clients.ts';
import { replaceRetryPolicy, type SendPolicyOptions } from './send-policy.ts';
import type { Caller } from './user-message.ts';

export interface AdapterOptions extends SendPolicyOptions {
  /** botbuilder's own variables: MicrosoftAppId and the like. */
  readonly botEnv: Env;
}

/**
 * botbuilder fetches the channel's keys without a limit of its own. The channel delivers a request again after 15 s.
 */
const AUTHENTICATION_TIMEOUT_MS = 5_000;

/** Throws a ConfigError if botbuilder rejects the bot's identity: it has checks of its own. */
export function createAdapter(options: AdapterOptions): VoiceAdapter {
  try {
    return new VoiceAdapter(options);
  } catch (error) {
    throw new ConfigError([error instanceof Error ? error.message : String(error)], 'identity_rejected');
  }
}

/**
 * botbuilder's adapter without its HTTP part, which answers 500 to a forged signature, prints a stack trace for every
 * bad request, and ends the process if a request has no type.
 */
export class VoiceAdapter extends CloudAdapter {
  readonly #log: Logger;
  readonly #clock: Clock;

  constructor(options: AdapterOptions) {
    const { botEnv, clock, log } = options;
    super(new CachingAuthentication(botEnv, (client, serviceUrl) => replaceRetryPolicy(client, serviceUrl, options)));
    trustOnlyOwnTenant(botEnv['MicrosoftAppTenantId']);
    this.#log = log;
    this.#clock = clock;
  }

  /**
   * Authenticates a request and runs the bot on its activity, whose fields the HTTP guard has checked. Resolves with
   * the body of the response, if there is one. Rejects with a RequestError if the token is not valid.
   */
  async receive(
    authorization: string,
    received: object,
    run: (context: TurnContext) => Promise<void>,
  ): Promise<InvokeResponse | undefined> {
    const activity = received as Activity;
    const caller = await this.#authenticate(authorization, activity);
    return this.processActivity(caller, activity, run);
  }

  /**
   * Checks the signature, issuer, audience and time of a token before its activity is read. botbuilder checks no
   * further claims for an activity without a channel and a service URL. Rejects with a RequestError.
   */
  async verifyToken(authorization: string): Promise<void> {
    await this.#authenticate(authorization, { channelId: '', serviceUrl: '' });
  }

  /**
   * Runs `work` with a context that answers a message later, with the claims of the request that brought the message.
   */
  async openContext<T>(
    { activity, claims, audience }: MessageReference,
    serviceUrl: string,
    work: (context: TurnContext) => Promise<T>,
  ): Promise<T> {
    let done: Promise<T> | undefined;
    const identity = new ClaimsIdentity([...claims], true);
    // botbuilder may change the activity: it gets a copy.
    await this.processProactive(identity, { ...structuredClone(activity), serviceUrl }, audience, async (context) => {
      done = work(context);
      await done;
    });
    if (done === undefined) throw new Error('botbuilder made no context');
    return done;
  }

  /** The caller whose request brought the activity of this turn. */
  callerOf({ turnState }: TurnContext): Caller {
    return {
      identity: turnState.get<ClaimsIdentity>(this.BotIdentityKey),
      audience: turnState.get<string>(this.OAuthScopeKey),
      receivedAtMs: this.#clock.now(),
    };
  }

  /** The client that calls the channel of this turn. */
  connectorOf(context: TurnContext): ConnectorClient {
    return context.turnState.get<ConnectorClient>(this.ConnectorClientKey);
  }

  /** The bot's access token for calls to the channel of a message. */
  async tokenFor({ activity, claims, audience }: MessageReference): Promise<string> {
    const factory = this.botFrameworkAuthentication.createConnectorFactory(new ClaimsIdentity([...claims], true));
    // Without an audience the token is for the channels of the configured cloud.
    return tokenOf((await factory.create(String(activity['serviceUrl']), audience as string)).credentials);
  }

  async #authenticate(authorization: string, activity: Pick<Activity, 'channelId' | 'serviceUrl'>) {
    try {
      // Keys are endorsed for channels, not for the products in compound channel ids.
      const claimed = { ...activity, channelId: channelOf(activity.channelId) } as Activity;
      const late = () => new RequestError('busy', 'The token could not be checked in time. Please deliver this again.');
      const deadline = { clock: this.#clock, limitMs: AUTHENTICATION_TIMEOUT_MS, late };
      return await withDeadline(deadline, () =>
        this.botFrameworkAuthentication.authenticateRequest(claimed, authorization),
      );
    } catch (cause) {
      if (cause instanceof RequestError) throw cause;
      this.#log.warn({ err: cause, channel: activity.channelId }, 'request rejected: token not valid');
      throw new RequestError('unauthorized', 'The token is missing, or it is not valid for this bot.', { cause });
    }
  }
}
