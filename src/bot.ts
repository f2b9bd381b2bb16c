import {
  type Activity,
  ActivityTypes,
  type ChannelAccount,
  type InvokeResponse,
  TeamsActivityHandler,
  type TurnContext,
} from 'botbuilder';
import type { VoiceAdapter } from './channel/adapter.ts';
import { addressingIn, isAddressed } from './channel/addressing.ts';
import {
  approvalPressIn,
  decidedCard,
  invokeMessage,
  pressResponse,
  replaceableCard,
} from './channel/approval-card.ts';
import type { FileSaver } from './channel/file-saver.ts';
import { answerInvoke, audioToSave, type InvokeDeps } from './channel/invokes.ts';
import type { ReplyRoutes } from './channel/reply-routes.ts';
import type { ServiceUrls } from './channel/service-urls.ts';
import {
  type Author,
  conversationKey,
  deletedChannel,
  isInBand,
  isTeamDeleted,
  localeOf,
  scopeOf,
  teamOf,
  toReference,
  toUserMessage,
} from './channel/user-message.ts';
import { type AccessSettings, authorOf, isGreeted, verifiedIdentity } from './channel/verified-identity.ts';
import type { Acceptance } from './conversation/acceptance.ts';
import type { Decided } from './conversation/approvals/decide.ts';
import type { Conversations } from './conversation/conversations.ts';
import type { WithSender } from './conversation/reply.ts';
import type { MessageReference, UserMessage } from './conversation/user-message.ts';
import { RequestError } from './errors.ts';
import { fieldsOf } from './json-access.ts';
import type { Logger } from './log.ts';
import { messagesFor } from './messages/messages.ts';

export interface VoiceBotOptions {
  readonly adapter: VoiceAdapter;
  readonly conversations: Conversations;
  readonly replyRoutes: ReplyRoutes;
  readonly files: FileSaver;
  readonly invokes: InvokeDeps;
  readonly log: Logger;
  readonly access: AccessSettings;
  readonly serviceUrls: ServiceUrls;
}

/**
 * Accepts each message into its conversation's queue and ends the request. The answer goes out later, in text and audio.
 * The Teams handler serves every channel.
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

  /** botbuilder's own handlers know no ratings, and fail on an invoke without a value. */
  protected override async onInvokeActivity(context: TurnContext): Promise<InvokeResponse> {
    const { invokes, files } = this.#options;
    const author = this.#authorOf(context);
    if (context.activity.name === 'adaptiveCard/action') return this.#answerPress(context, author);
    const { response, consent } = await answerInvoke(context.activity, author.isAllowed, invokes);
    if (consent !== undefined)
      await this.#runOutOfBand(context, (live, stopping) => files.settle(live, consent, stopping));
    return response;
  }

  async #accept(context: TurnContext): Promise<void> {
    const { adapter, conversations, serviceUrls, files, log } = this.#options;
    const audioId = audioToSave(context.activity);
    if (audioId !== undefined) return this.#runOutOfBand(context, (live) => files.offer(live, audioId));
    const message = toUserMessage(context.activity, adapter.callerOf(context), this.#authorOf(context));
    const press = message.isAllowed && message.text === '' ? approvalPressIn(context.activity.value) : undefined;
    if (press !== undefined) {
      serviceUrls.remember(message.key, context.activity);
      const withSender = this.#withSenderFor(context, message.reference);
      const { accepted, decided } = await conversations.decide(press, message, withSender, false);
      await this.#end(context, accepted);
      return this.#replaceCard(context.activity, message, decided);
    }
    if (!isAddressed(context.activity, message.text)) {
      log.debug({ conversation: message.key }, 'message ignored: not addressed to the bot');
      return;
    }
    // Record the service URL before replying, and for allowed users only.
    if (message.isAllowed) serviceUrls.remember(message.key, context.activity);
    await this.#end(context, await conversations.accept(message, this.#withSenderFor(context, message.reference)));
  }

  /** Answers a press of `Action.Execute` at once: clients wait for 10 s. The turn that carries it out follows. */
  async #answerPress(context: TurnContext, author: Author): Promise<InvokeResponse> {
    const { activity } = context;
    const { adapter, conversations, serviceUrls } = this.#options;
    const press = approvalPressIn(fieldsOf(fieldsOf(activity.value)['action'])['data']);
    if (press === undefined) throw new RequestError('bad_request', 'The action of the card cannot be read.');
    const messages = messagesFor(localeOf(activity));
    if (!author.isAllowed) return invokeMessage(messages.notAllowed);
    const message = toUserMessage(activity, adapter.callerOf(context), author);
    serviceUrls.remember(message.key, activity);
    const withSender = this.#withSenderFor(context, message.reference);
    const { accepted, decided } = await conversations.decide(press, message, withSender, true);
    await this.#end(context, accepted);
    this.#replaceCard(activity, message, decided);
    return pressResponse(decided, messages);
  }

  /** Shows the decision on the card, for everybody. */
  #replaceCard(activity: Activity, message: UserMessage, decided: Decided): void {
    const { conversations, replyRoutes } = this.#options;
    const cardId = replaceableCard(activity, activity.type === ActivityTypes.Invoke);
    if (cardId === undefined || decided.kind !== 'decided') return;
    const card = decidedCard(decided, messagesFor(message.locale));
    const replace = () => replyRoutes.replace(message.reference, cardId, card);
    conversations.runOutOfBand(message, replace, 'card not replaced');
  }

  /** Handles a pressed button. It waits for no turn, and its request does not wait for it. */
  async #runOutOfBand(
    context: TurnContext,
    work: (context: TurnContext, stopping: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const { activity } = context;
    const { adapter, conversations, replyRoutes, serviceUrls } = this.#options;
    const { isAllowed, personKey } = this.#authorOf(context);
    const key = conversationKey(activity);
    const reference = toReference(activity, adapter.callerOf(context));
    if (isAllowed) serviceUrls.remember(key, activity);
    const accepted = await conversations.acceptOutOfBand(
      { key, activityId: activity.id ?? '', personKey },
      (stopping) => {
        const run = async (live: TurnContext) => {
          if (isAllowed) await work(live, stopping);
          else await live.sendActivity(messagesFor(localeOf(activity)).notAllowed);
        };
        return isInBand(activity) ? run(context) : replyRoutes.openContext(reference, run);
      },
    );
    await this.#end(context, accepted);
  }

  /** The request ends when its message is accepted, or with the answer where that goes back in the response. */
  async #end(context: TurnContext, accepted: Acceptance): Promise<void> {
    switch (accepted.kind) {
      case 'accepted':
        if (isInBand(context.activity)) await accepted.done;
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
    const { activity } = context;
    const { adapter, access, conversations } = this.#options;
    const caller = adapter.callerOf(context);
    if (!isGreeted(verifiedIdentity(activity, caller.identity, access), access)) return;
    const withSender = this.#withSenderFor(context, toReference(activity, caller));
    const { welcome, welcomeGroup } = messagesFor(localeOf(activity));
    const text = addressingIn(activity) === 'anything' ? welcome : welcomeGroup;
    await this.#end(context, await conversations.welcome(conversationKey(activity), text, withSender));
  }

  /** Teams names the deleted message by the activity's own id. An edited message starts nothing: it was answered. */
  async #withdraw(context: TurnContext): Promise<void> {
    const message = { key: conversationKey(context.activity), activityId: context.activity.id ?? '' };
    await this.#end(context, await this.#options.conversations.withdraw(message));
  }

  /** A bot that is removed from a team is removed from all of its channels, and their threads. */
  async #forget(context: TurnContext): Promise<void> {
    const { activity } = context;
    const { conversations } = this.#options;
    const { team } = teamOf(activity);
    const channel = deletedChannel(activity);
    await this.#end(context, await conversations.forget(channel ?? conversationKey(activity)));
    if (team !== undefined) await this.#end(context, await conversations.forgetTeam(team, channel));
  }

  #authorOf(context: TurnContext): Author {
    const { adapter, access } = this.#options;
    return authorOf(context.activity, adapter.callerOf(context).identity, access);
  }

  #withSenderFor(context: TurnContext, reference: MessageReference): WithSender {
    const { replyRoutes } = this.#options;
    return isInBand(context.activity) ? replyRoutes.inBand(context) : replyRoutes.later(reference);
  }
}
