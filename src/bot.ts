import { type ChannelAccount, type InvokeResponse, TeamsActivityHandler, type TurnContext } from 'botbuilder';
import type { VoiceAdapter } from './channel/adapter.ts';
import { addressingIn, isAddressed } from './channel/addressing.ts';
import { type AllowList, isAllowed, isGreeted } from './channel/allow-list.ts';
import type { FileSaver } from './channel/file-saver.ts';
import { answerInvoke, type InvokeDeps } from './channel/invokes.ts';
import { audioToSave } from './channel/player-card.ts';
import type { Responders } from './channel/respond.ts';
import type { ServiceUrls } from './channel/service-urls.ts';
import {
  type Caller,
  callerOf,
  conversationKey,
  deletedChannel,
  isInBand,
  isTeamDeleted,
  localeOf,
  type Sender,
  scopeOf,
  teamOf,
  toReference,
  toUserMessage,
} from './channel/user-message.ts';
import {
  personKeyOf,
  type VouchedIdentity,
  type VouchingSettings,
  vouchedIdentity,
} from './channel/vouched-identity.ts';
import type { Clock } from './clock.ts';
import type { Acceptance } from './conversation/acceptance.ts';
import type { Conversations } from './conversation/conversations.ts';
import type { Respond } from './conversation/reply.ts';
import type { MessageReference } from './conversation/user-message.ts';
import { RequestError } from './errors.ts';
import type { Logger } from './log.ts';
import { messagesFor } from './messages/messages.ts';

/** What the bot joins. */
export interface VoiceBotOptions {
  readonly adapter: VoiceAdapter;
  readonly conversations: Conversations;
  readonly responders: Responders;
  readonly files: FileSaver;
  readonly clock: Clock;
  readonly invokes: InvokeDeps;
  readonly log: Logger;
  readonly allowList: AllowList;
  readonly vouching: VouchingSettings;
  readonly serviceUrls: ServiceUrls;
}

/**
 * Takes each message into its conversation and lets go of the request: the answer goes out later, in text and with
 * its voice. The Teams handler serves every channel.
 */
export class VoiceBot extends TeamsActivityHandler {
  readonly #options: VoiceBotOptions;

  constructor(options: VoiceBotOptions) {
    super();
    this.#options = options;
    this.onMessage((context, next) => this.#take(context).then(next));
    this.onMessageDelete((context, next) => this.#withdraw(context).then(next));
    this.onConversationUpdate((context, next) => this.#membersChanged(context).then(next));
    this.onInstallationUpdate((context, next) => this.#installationChanged(context).then(next));
  }

  /** botbuilder's handlers for edited and deleted messages look into the channel's data without asking for it. */
  override async run(context: TurnContext): Promise<void> {
    context.activity.channelData ??= {};
    await super.run(context);
  }

  /** Not by botbuilder's own handlers: they know no ratings, and trip over an invoke that lacks its value. */
  protected override async onInvokeActivity(context: TurnContext): Promise<InvokeResponse> {
    const { invokes, files } = this.#options;
    const sender = this.#senderOf(context);
    const { response, consent } = await answerInvoke(context.activity, sender.isAllowed, invokes);
    if (consent !== undefined)
      await this.#takeAside(context, (live, stopping) => files.settle(live, consent, stopping));
    return response;
  }

  async #take(context: TurnContext): Promise<void> {
    const { conversations, serviceUrls, files } = this.#options;
    const saved = audioToSave(context.activity);
    if (saved !== undefined) return this.#takeAside(context, (live) => files.offer(live, saved));
    const caller = this.#callerOf(context);
    const message = toUserMessage(context.activity, caller, this.#senderOf(context));
    if (!isAddressed(context.activity, message.text)) {
      this.#options.log.debug({ conversation: message.key }, 'message ignored: not addressed to the bot');
      return;
    }
    // Before it is answered, and not from people whose messages go nowhere.
    if (message.isAllowed) serviceUrls.note(message.key, context.activity);
    await this.#answer(context, await conversations.accept(message, this.#respondTo(context, message.reference)));
  }

  /** What was pressed on a card: it waits for no turn, and the request does not wait for it. */
  async #takeAside(
    context: TurnContext,
    work: (context: TurnContext, stopping: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const { activity } = context;
    const { conversations, responders, serviceUrls } = this.#options;
    const sender = this.#senderOf(context);
    const names = { key: conversationKey(activity), activityId: activity.id ?? '', personKey: sender.personKey };
    const reference = toReference(activity, this.#callerOf(context));
    const refuse = (live: TurnContext) => live.sendActivity(messagesFor(localeOf(activity)).notAllowed).then(() => {});
    if (sender.isAllowed) serviceUrls.note(names.key, activity);
    const accepted = await conversations.acceptOutOfBand(names, (stopping) => {
      const run = (live: TurnContext) => (sender.isAllowed ? work(live, stopping) : refuse(live));
      return isInBand(activity) ? run(context) : responders.openContext(reference, run);
    });
    await this.#answer(context, accepted);
  }

  /** The request ends with its message being taken, or with the answer where that goes back in it. */
  async #answer(context: TurnContext, accepted: Acceptance): Promise<void> {
    switch (accepted.kind) {
      case 'accepted':
        if (isInBand(context.activity)) await accepted.done;
        return;
      case 'duplicate':
        return;
      case 'draining':
        throw new RequestError('draining', 'The bot is being restarted. Please deliver this again.');
      case 'notStored':
        throw new RequestError('not_kept', 'This cannot be stored now. Please deliver it again.');
      case 'full':
        throw new RequestError('busy', 'Too many messages wait. Please deliver this again.');
    }
  }

  /** A group is greeted when the bot joins it; a person, who is alone with the bot, whoever of the two is announced. */
  async #membersChanged(context: TurnContext): Promise<void> {
    const { membersAdded = [], membersRemoved = [], recipient } = context.activity;
    const isBot = ({ id }: ChannelAccount) => Boolean(id) && id === recipient?.id;
    const isNewcomer = scopeOf(context.activity) === 'personal' ? ({ id }: ChannelAccount) => Boolean(id) : isBot;
    if (membersRemoved.some(isBot) || isTeamDeleted(context.activity)) await this.#forget(context);
    else if (membersAdded.some(isNewcomer)) await this.#welcome(context);
  }

  /** Not by botbuilder's own handlers: they take an app that is updated (`add-upgrade`, `remove-upgrade`) for a new one. */
  async #installationChanged(context: TurnContext): Promise<void> {
    const { action } = context.activity;
    if (action === 'add') await this.#welcome(context);
    else if (action === 'remove') await this.#forget(context);
  }

  /** Channels announce a new conversation in different ways, some in several: whichever comes first is greeted. */
  async #welcome(context: TurnContext): Promise<void> {
    const { activity } = context;
    if (!isGreeted(this.#identityOf(context), this.#options.allowList)) return;
    const respond = this.#respondTo(context, toReference(activity, this.#callerOf(context)));
    const { welcome, welcomeGroup } = messagesFor(localeOf(activity));
    const text = addressingIn(activity) === 'anything' ? welcome : welcomeGroup;
    await this.#answer(context, await this.#options.conversations.welcome(conversationKey(activity), text, respond));
  }

  /** Teams names the message by the activity's own id. Edited messages start nothing: they were answered. */
  async #withdraw(context: TurnContext): Promise<void> {
    const { activity } = context;
    const message = { key: conversationKey(activity), activityId: activity.id ?? '' };
    await this.#answer(context, await this.#options.conversations.withdraw(message));
  }

  /** A bot that is removed from a team is removed from all of its channels, and their threads. */
  async #forget(context: TurnContext): Promise<void> {
    const { activity } = context;
    const { conversations } = this.#options;
    const { team } = teamOf(activity);
    const channel = deletedChannel(activity);
    await this.#answer(context, await conversations.forget(channel ?? conversationKey(activity)));
    if (team !== undefined) await this.#answer(context, await conversations.forgetTeam(team, channel));
  }

  #senderOf(context: TurnContext): Sender {
    const identity = this.#identityOf(context);
    return {
      isAllowed: isAllowed(identity, this.#options.allowList),
      personKey: personKeyOf(identity, context.activity),
      vouchedIds: [identity.userId, identity.aadObjectId].filter((id) => id !== undefined),
    };
  }

  #identityOf(context: TurnContext): VouchedIdentity {
    return vouchedIdentity(context.activity, this.#callerOf(context).identity, this.#options.vouching);
  }

  #callerOf(context: TurnContext): Caller {
    const { adapter, clock } = this.#options;
    const keys = { identity: adapter.BotIdentityKey, audience: adapter.OAuthScopeKey };
    return callerOf(context, keys, clock.now());
  }

  #respondTo(context: TurnContext, reference: MessageReference): Respond {
    const { inBand, later } = this.#options.responders;
    return isInBand(context.activity) ? inBand(context) : later(reference);
  }
}
