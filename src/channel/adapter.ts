import type { Activity } from 'botbuilder';
import { CloudAdapter, type InvokeResponse, type TurnContext } from 'botbuilder';
import { AuthenticationError, type ClaimsIdentity, type ConnectorClient } from 'botframework-connector';
import type { Clock } from '../clock.ts';
import type { Env } from '../config/env.ts';
import { withDeadline } from '../deadline.ts';
import { RequestError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { channelOf } from './capabilities.ts';
import { CachedClients } from './connector-clients.ts';
import { trustOnlyOwnTenant } from './issuer-patch.ts';
import { makeSendsSafe, type SendPolicyOptions } from './send-policy.ts';

/** What the adapter is made with. */
export interface AdapterOptions {
  /** botbuilder's own variables: MicrosoftAppId and the like. */
  readonly botEnv: Env;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: () => number;
  /** A turn's time; a send may be tried again for as long. */
  readonly turnTimeoutMs: number;
  readonly telemetry: SendPolicyOptions['telemetry'];
}

/** The keys of the channel are fetched without any limit of their own; the channel delivers again after 15 s. */
const AUTHENTICATION_LIMIT_MS = 5_000;

function tooLate(): RequestError {
  return new RequestError('busy', 'The token could not be checked in time. Please deliver this again.');
}

/**
 * botbuilder's adapter without its HTTP part, which answers 500 to a forged signature, prints a stack trace for every
 * bad request, and lets a request without a type end the process.
 */
export class VoiceAdapter extends CloudAdapter {
  /** Whether the bot has an app id, and so a token to show. */
  readonly hasIdentity: boolean;
  readonly #log: Logger;
  readonly #clock: Clock;

  constructor({ botEnv, clock, log, random, turnTimeoutMs, telemetry }: AdapterOptions) {
    const policy = { clock, random, log, retryWithinMs: turnTimeoutMs, telemetry };
    super(new CachedClients(botEnv, (client) => makeSendsSafe(client, policy)));
    trustOnlyOwnTenant(botEnv['MicrosoftAppTenantId']?.trim() || undefined);
    this.hasIdentity = Boolean(botEnv['MicrosoftAppId']?.trim());
    this.#log = log;
    this.#clock = clock;
  }

  /**
   * Authenticates a request and runs the bot on its activity, whose fields were checked before. Resolves with what has
   * to be answered in the response, if anything. Rejects with a RequestError for a caller that is not let in.
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
   * Checks a token before its activity was read: signature, issuer, audience and time. To botbuilder an activity that
   * names neither a channel nor a service URL claims nothing that the token would have to vouch for. Rejects with a
   * RequestError.
   */
  async verifyToken(authorization: string): Promise<void> {
    await this.#authenticate(authorization, { channelId: '', serviceUrl: '' });
  }

  /** The client that sends this turn's replies; none where they are collected for the response. */
  connectorOf(context: TurnContext): ConnectorClient | undefined {
    return context.turnState.get<ConnectorClient>(this.ConnectorClientKey);
  }

  /** The bot's credentials for calls to a channel. */
  async credentialsFor(caller: ClaimsIdentity, serviceUrl: string, audience: string | undefined): Promise<unknown> {
    const factory = this.botFrameworkAuthentication.createConnectorFactory(caller);
    // Without an audience it is for the channels of the cloud that is set up.
    return (await factory.create(serviceUrl, audience as string)).credentials;
  }

  async #authenticate(authorization: string, activity: Pick<Activity, 'channelId' | 'serviceUrl'>) {
    try {
      // Keys are endorsed for channels, not for the products that a compound id names.
      const claimed = { ...activity, channelId: channelOf(activity.channelId) } as Activity;
      const deadline = { clock: this.#clock, limitMs: AUTHENTICATION_LIMIT_MS, late: tooLate };
      return await withDeadline(deadline, () =>
        this.botFrameworkAuthentication.authenticateRequest(claimed, authorization),
      );
    } catch (cause) {
      if (cause instanceof RequestError) throw cause;
      // Not every failure has botbuilder's own type: a wrong signature, for one, comes from the JWT library.
      const isUnderstood = cause instanceof AuthenticationError;
      this.#log.warn({ err: cause, isUnderstood, channel: activity.channelId }, 'a request was not let in');
      throw new RequestError('unauthorized', 'The token is missing, or it is not valid for this bot.', { cause });
    }
  }
}
