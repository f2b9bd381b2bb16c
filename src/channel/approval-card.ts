import { type Activity, ActivityTypes, type Attachment, type InvokeResponse } from 'botbuilder';
import { decisionLine, decisionResultText } from '../conversation/approvals/accept-decision.ts';
import type { ApprovalRequest, DecisionKind } from '../conversation/approvals/approval.ts';
import type { DecidedApproval, DecisionRequest, DecisionResult } from '../conversation/approvals/decide.ts';
import { fieldsOf, textOf } from '../json-access.ts';
import type { Messages } from '../messages/messages.ts';
import { paragraphs } from '../paragraphs.ts';
import { isLoopbackUrl } from './audio-delivery.ts';
import type { CardSupport } from './capabilities.ts';
import { adaptiveCard, type CardPart } from './cards.ts';
import { shownArguments } from './shown-arguments.ts';
import { capabilitiesIn, expectsReplies, scopeOf } from './user-message.ts';

const DECISIONS: readonly DecisionKind[] = ['allow', 'allowAlways', 'deny'];
const APPROVAL_ID = /^[\w-]{16,64}$/;
const MAX_ID_CHARS = 256;

/** A card that asks whether a call may run. It shows the arguments in text runs, which no client formats. */
export function approvalCard(request: ApprovalRequest, cards: CardSupport, messages: Messages): Attachment {
  const { approval: texts } = messages;
  const offered = DECISIONS.filter((kind) => kind !== 'allowAlways' || request.isAlwaysOffered);
  const actions = offered.map((kind) => button(request.id, kind, cards, messages));
  const expires = textRuns(texts.expires, { isSubtle: true, size: 'Small' });
  return card(texts.ask(request.title), request, messages, { below: [expires], actions });
}

/** The same question in words. */
export function approvalInWords(request: ApprovalRequest, howToAnswer: string, messages: Messages): string {
  const { approval: texts } = messages;
  const { lines, isUnusual } = shownArguments(request.argumentsText, messages);
  // A long text may be split between the blocks, but not within one.
  const blocks = lines.map((line) => codeBlock(line));
  const warning = isUnusual ? texts.unusual : '';
  return paragraphs(texts.ask(request.title), texts.tool(request.tool), ...blocks, warning, howToAnswer);
}

/** Returns the decision in the data of a button; `undefined` for anything else. */
export function decisionIn(data: unknown): DecisionRequest | undefined {
  const { approval: approvalId, decision } = fieldsOf(data);
  const kind = DECISIONS.find((each) => each === decision);
  const isValid = typeof approvalId === 'string' && APPROVAL_ID.test(approvalId) && kind !== undefined;
  return isValid ? { approvalId, kind } : undefined;
}

/**
 * Answers `Action.Execute`. A decision replaces the card, without buttons; anything else is shown to the sender alone.
 * https://learn.microsoft.com/adaptive-cards/authoring-cards/universal-action-model#response-format
 */
export function decisionResponse(result: DecisionResult, messages: Messages): InvokeResponse {
  const text = decisionResultText(result, messages);
  if (result.kind !== 'decided') return invokeMessage(text);
  const { content } = card(text, result.approval, messages);
  return invokeBody('application/vnd.microsoft.card.adaptive', content);
}

/** The card without buttons, which says who has decided. */
export function decidedCard({ approval, decision }: DecidedApproval, messages: Messages): Attachment {
  return card(decisionLine(approval, decision, messages), approval, messages);
}

/**
 * Returns the id of the card if it still has to be replaced once the activity is answered. The response to
 * `Action.Execute` replaces it for the sender, and nobody else sees it in a personal chat. Direct Line cannot replace
 * cards: it refuses updates (botframework-sdk#4734). The Emulator and the Playground, which are on this machine, accept
 * them.
 */
export function staleCardId(activity: Activity): string | undefined {
  const canReplace = capabilitiesIn(activity).cards === 'universal' || isLoopbackUrl(activity.serviceUrl);
  const isReplacedByResponse = activity.type === ActivityTypes.Invoke && scopeOf(activity) === 'personal';
  return canReplace && !isReplacedByResponse && !expectsReplies(activity)
    ? textOf(activity.replyToId, MAX_ID_CHARS) || undefined
    : undefined;
}

/** Answers `Action.Execute` with a text that the client shows to the sender alone. */
export function invokeMessage(text: string): InvokeResponse {
  return invokeBody('application/vnd.microsoft.activity.message', text);
}

function invokeBody(type: string, value: unknown): InvokeResponse {
  return { status: 200, body: { statusCode: 200, type, value } };
}

function card(
  heading: string,
  { tool, argumentsText }: ApprovalRequest,
  messages: Messages,
  { below = [], actions = [] }: { readonly below?: readonly CardPart[]; readonly actions?: readonly CardPart[] } = {},
): Attachment {
  const { approval: texts } = messages;
  const { lines, isUnusual } = shownArguments(argumentsText, messages);
  const body = [
    textRuns(heading, { weight: 'Bolder' }),
    textRuns(texts.tool(tool), { isSubtle: true, size: 'Small' }),
    ...lines.map((line) => textRuns(line, { fontType: 'Monospace' })),
    ...(isUnusual ? [textRuns(texts.unusual, { color: 'Attention' })] : []),
    ...below,
  ];
  return adaptiveCard(heading, body, actions, '1.5');
}

/** Text that no client reads as Markdown, unlike a TextBlock. */
function textRuns(text: string, style: CardPart): CardPart {
  return { type: 'RichTextBlock', inlines: [{ type: 'TextRun', text, ...style }] };
}

function button(id: string, decision: DecisionKind, cards: CardSupport, { approval }: Messages): CardPart {
  const data = { approval: id, decision };
  const submit = { type: 'Action.Submit', title: approval[decision], data };
  return cards === 'universal' ? { ...submit, type: 'Action.Execute', verb: 'approval', fallback: submit } : submit;
}

/** Nothing in the text ends the block, because its fence is longer than every run of backticks. */
function codeBlock(text: string): string {
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}
