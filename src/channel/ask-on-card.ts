import { ActivityTypes } from 'botbuilder';
import type { ApprovalRequest } from '../conversation/approvals/approval.ts';
import type { Logger } from '../log.ts';
import type { Messages } from '../messages/messages.ts';
import { approvalCard, approvalInWords } from './approval-card.ts';
import type { Capabilities } from './capabilities.ts';
import type { ChannelCalls } from './channel-calls.ts';
import { isContentRefused } from './channel-errors.ts';
import { toMessage } from './reply-activity.ts';

/** Asks on a card, which a decision replaces, and in words if the channel refuses the card. Rejects like `send`. */
export async function askOnCard(
  request: ApprovalRequest,
  calls: ChannelCalls,
  capabilities: Capabilities,
  messages: Messages,
  log: Logger,
): Promise<void> {
  const card = approvalCard(request, capabilities.cards, messages);
  try {
    await calls.send({ type: ActivityTypes.Message, attachments: [card] });
  } catch (err) {
    if (!isContentRefused(err)) throw err;
    log.warn({ err }, 'card refused: asked in words');
    const text = approvalInWords(request, messages.approval.howToDecide, messages);
    await calls.sendText(toMessage({ text }, capabilities));
  }
}
