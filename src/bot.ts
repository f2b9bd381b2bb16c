import {
  type Activity,
  type ChannelAccount,
  type InvokeResponse,
  TeamsActivityHandler,
  type TurnContext,
} from 'botbuilder';
import type { VoiceAdapter } from './channel/adapter.ts';
import { addressingIn, isAddressed } from './channel/addressing.ts';
import { decidedCard, decisionIn, decisionResponse, invokeMessage, staleCardId } from './channel/approval-card.ts';
import { fileConsentOf } from './channel/file-consent.ts';
import type { FileSaver } from './channel/file-saver.ts';
import { ACCEPTED, answerInvoke, audioToSave, type InvokeDeps } from './channel/invokes.ts';
import type { ReplyRoutes } from './channel/reply-routes.ts';
import type { ServiceUrls } from './channel/service-urls.ts';
import {
  conversationKey,
  deletedTeamChannelKey,
  expectsReplies,
  isTeamDeleted,
  messagesOf,
  scopeOf,
  teamOf,
  toReference,
  toUserMessage,
} from './channel/user-message.ts';
import { type AccessSettings, authorOf, isGreeted, verifiedIdentity } from './channel/verified-identity.ts';
import type { Acceptance } from './conversation/acceptance.ts';
import type { DecisionRequest, DecisionResult } from './conversation/approvals/decide.ts';
import type { Conversations } from './conversation/conversations.ts';
import type { UserMessage } from './conversation/user-message.ts';
import { RequestError } from './errors.ts';
import { fieldsOf } from './json-access.ts';
import type { Logger } from './log.ts';

export interface VoiceBotOptions {
  readonly adapter: VoiceAdapter;
  readonly conversations: Conversations;
  readonly replyRoutes: ReplyRoutes;
  readonly fileSaver: FileSaver;
  readonly invokes: InvokeDeps;
  readonly log: Logger;
  readonly access: AccessSettings;
  readonly serviceUrls: ServiceUrls;
}

/**
 * Accepts each message into its conversation's queue and ends the request. The answer goes out later, in text and
 * audio. The Teams handler serves every channel.
 */
export class VoiceBot extends TeamsActivityHandler {
  readonly #options: VoiceBotOptions;

  constructor(options: VoiceBotOptions) {
    super();
    this.#options = options;
    this.onMessage((context, next) => this.#accept(context).then(next));
    this.onMessageDelete((context, next) => this.#withdraw(context).then(next));
    this.onConversationUpdate((context, next) => this.#updateMembers(context).then(next));
    this.onInstallationUpdate((context, next) => this.#updateInstallation(context).then(next));
  }

  /** botbuilder's handlers for edited and deleted messages read the channel data without checking that there is any. */
  override async run(context: TurnContext): Promise<void> {
    context.activity.channelData ??= {};
    await super.run(context);
  }

  /** botbuilder's own invoke handlers ignore ratings, and throw on an invoke without a value. */
  protected override async onInvokeActivity(context: TurnContext): Promise<InvokeResponse> {
    const { invokes, fileSaver } = this.#options;
    const request = receiveRequest(context, this.#options);
    const { activity, author } = request;
    if (activity.name === 'adaptiveCard/action') return this.#answerDecision(request);
    if (activity.name !== 'fileConsent/invoke') return answerInvoke(activity, author.isAllowed, invokes);
    const consent = fileConsentOf(activity);
    await this.#runSideWork(request, (workContext, shutdown) =>
      fileSaver.handleConsent(workContext, consent, shutdown),
    );
    return ACCEPTED;
  }

  async #accept(context: TurnContext): Promise<void> {
    const { conversations, fileSaver, log } = this.#options;
    const request = receiveRequest(context, this.#options);
    const { activity, caller, author, withReplySender } = request;
    const audioId = audioToSave(activity);
    if (audioId !== undefined)
      return this.#runSideWork(request, (workContext) => fileSaver.offer(workContext, audioId));
    const message = toUserMessage(activity, caller, author);
    const decision = message.isAllowed && message.text === '' ? decisionIn(activity.value) : undefined;
    if (decision !== undefined) {
      await this.#decide(decision, message, request);
    } else if (isAddressed(activity, message.text)) {
      await this.#awaitOrReject(activity, await conversations.accept(message, withReplySender));
    } else {
      log.debug({ conversation: message.key }, 'message ignored: not addressed to the bot');
    }
  }

  /** Answers `Action.Execute` at once: clients wait for 10 s. The turn that carries out the decision follows. */
  async #answerDecision(request: ActivityRequest): Promise<InvokeResponse> {
    const { activity, caller, author, messages } = request;
    const decision = decisionIn(fieldsOf(fieldsOf(activity.value)['action'])['data']);
    if (decision === undefined) throw new RequestError('bad_request', 'The action of the card cannot be read.');
    if (!author.isAllowed) return invokeMessage(messages.notAllowed);
    const message = toUserMessage(activity, caller, author);
    return decisionResponse(await this.#decide({ ...decision, isShown: true }, message, request), messages);
  }

  /** Decides about an approval, and shows the decision on its card for everybody. */
  async #decide(
    decision: DecisionRequest,
    message: UserMessage,
    { activity, messages, reference, withReplySender }: ActivityRequest,
  ): Promise<DecisionResult> {
    const { conversations, replyRoutes } = this.#options;
    const accepted = await conversations.decide(decision, message, withReplySender);
    await this.#awaitOrReject(activity, accepted);
    const { result } = accepted;
    const cardId = staleCardId(activity);
    if (cardId !== undefined && result.kind === 'decided') {
      const replace = () => replyRoutes.replace(reference, cardId, decidedCard(result, messages));
      conversations.runSideWork(message, replace, 'card not replaced');
    }
    return result;
  }

  /**
   * Handles a button without a turn. The request ends before the work does, unless it expects replies. `work` gets a
   * context that is valid until it ends.
   */
  async #runSideWork(
    { context, activity, author, key, messages, reference }: ActivityRequest,
    work: (context: TurnContext, shutdown: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const { conversations, replyRoutes } = this.#options;
    const { isAllowed, personKey } = author;
    const accepted = await conversations.acceptSideWork(
      { key, activityId: activity.id ?? '', personKey },
      (shutdown) => {
        const run = async (workContext: TurnContext) => {
          if (isAllowed) await work(workContext, shutdown);
          else await workContext.sendActivity(messages.notAllowed);
        };
        return expectsReplies(activity) ? run(context) : replyRoutes.openContext(reference, run);
      },
    );
    await this.#awaitOrReject(activity, accepted);
  }

  /** Throws a RequestError unless the activity was accepted. If the request expects replies, waits for them. */
  async #awaitOrReject(activity: Activity, accepted: Acceptance): Promise<void> {
    switch (accepted.kind) {
      case 'accepted':
        if (expectsReplies(activity)) await accepted.done;
        return;
      case 'duplicate':
        return;
      case 'draining':
        throw new RequestError('draining', 'The bot is being restarted. Please deliver this again.');
      case 'notStored':
        throw new RequestError('not_stored', 'This cannot be stored now. Please deliver it again.');
      case 'busy':
        throw new RequestError('busy', 'Too many messages wait. Please deliver this again.');
    }
  }

  /** A group is greeted when the bot joins it. A person is greeted when either the bot or the person joins. */
  async #updateMembers(context: TurnContext): Promise<void> {
    const { membersAdded = [], membersRemoved = [], recipient } = context.activity;
    const isBot = ({ id }: ChannelAccount) => Boolean(id) && id === recipient?.id;
    const isNewcomer = scopeOf(context.activity) === 'personal' ? ({ id }: ChannelAccount) => Boolean(id) : isBot;
    if (membersRemoved.some(isBot) || isTeamDeleted(context.activity)) await this.#forget(context);
    else if (membersAdded.some(isNewcomer)) await this.#welcome(context);
  }

  /** botbuilder's own handlers treat an update of the app (`add-upgrade`, `remove-upgrade`) as an installation. */
  async #updateInstallation(context: TurnContext): Promise<void> {
    const { action } = context.activity;
    if (action === 'add') await this.#welcome(context);
    else if (action === 'remove') await this.#forget(context);
  }

  /** Channels announce a new conversation in different ways, some in several. Only the first is answered. */
  async #welcome(context: TurnContext): Promise<void> {
    const { access, conversations } = this.#options;
    const { activity, caller, key, messages, withReplySender } = receiveRequest(context, this.#options);
    if (!isGreeted(verifiedIdentity(activity, caller.identity, access), access)) return;
    const text = addressingIn(activity) === 'anything' ? messages.welcome : messages.welcomeGroup;
    await this.#awaitOrReject(activity, await conversations.welcome(key, text, withReplySender));
  }

  /** Teams names the deleted message by the activity's own id. An edited message starts nothing: it was answered. */
  async #withdraw({ activity }: TurnContext): Promise<void> {
    const message = { key: conversationKey(activity), activityId: activity.id ?? '' };
    await this.#awaitOrReject(activity, await this.#options.conversations.withdraw(message));
  }

  /**
   * Forgets the conversation; for a team, all of its channels and threads. If only a channel was deleted, forgets that
   * channel with its threads instead.
   */
  async #forget({ activity }: TurnContext): Promise<void> {
    const { conversations } = this.#options;
    const team = teamOf(activity);
    const channel = deletedTeamChannelKey(activity);
    await this.#awaitOrReject(activity, await conversations.forget(channel ?? conversationKey(activity)));
    if (team !== undefined) await this.#awaitOrReject(activity, await conversations.forgetTeam(team, channel));
  }
}

type ActivityRequest = ReturnType<typeof receiveRequest>;

/**
 * Reads the request of an authenticated activity, and remembers its service URL for replies if its author is allowed.
 */
function receiveRequest(context: TurnContext, { adapter, access, replyRoutes, serviceUrls }: VoiceBotOptions) {
  const { activity } = context;
  const caller = adapter.callerOf(context);
  const author = authorOf(activity, caller.identity, access);
  const key = conversationKey(activity);
  if (author.isAllowed) serviceUrls.remember(key, activity);
  const reference = toReference(activity, caller);
  const withReplySender = expectsReplies(activity)
    ? replyRoutes.inResponse(context)
    : replyRoutes.byChannelCall(reference);
  const messages = messagesOf(activity);
  return { context, activity, caller, author, key, reference, withReplySender, messages };
}
