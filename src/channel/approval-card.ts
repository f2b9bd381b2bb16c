import { type Attachment, CardFactory } from 'botbuilder';
import { fieldsOf } from '../json-access.ts';
import type { Messages } from '../messages/messages.ts';
import type { Approval, Choice, Decision } from '../tools/approvals/approval.ts';

/** Shown of the arguments; the card says when they are longer. */
const MAX_ARGUMENT_CHARS = 1_500;
const CHOICES: readonly Choice[] = ['once', 'always', 'deny'];

/** A press of one of the card's buttons. */
export interface ApprovalPress {
  readonly id: string;
  readonly choice: Choice;
}

/**
 * Asks whether a call may run. What the model wrote stands there as it is: in text runs, which no client formats.
 * `universal`: the client takes `Action.Execute`, whose answer replaces the card for everybody.
 */
export function approvalCard(approval: Approval, messages: Messages, isUniversal: boolean): Attachment {
  const { approval: texts } = messages;
  const choices = CHOICES.filter((choice) => choice !== 'always' || approval.isAlwaysOffered);
  return card(
    texts.ask(approval.title),
    approval,
    messages,
    choices.map((choice) => actionOf(approval.id, choice, messages, isUniversal)),
  );
}

/** The same card after the decision, without buttons. */
export function decidedCard(approval: Approval, { choice, deciderName }: Decision, messages: Messages): Attachment {
  const { allowed, denied } = messages.approval;
  return card((choice === 'deny' ? denied : allowed)(deciderName), approval, messages, []);
}

function card(heading: string, approval: Approval, messages: Messages, actions: readonly object[]): Attachment {
  const { title, argumentsText, tool } = approval;
  const shown = argumentsText.slice(0, MAX_ARGUMENT_CHARS);
  const cut = shown.length < argumentsText.length ? [plain(messages.approval.cut, { isSubtle: true })] : [];
  return CardFactory.adaptiveCard({
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.5',
    fallbackText: `${heading} ${title}`,
    body: [
      plain(heading, { weight: 'Bolder' }),
      plain(`${title} (${tool})`, { isSubtle: true }),
      plain(shown, { fontType: 'Monospace' }),
      ...cut,
    ],
    actions,
  });
}

/** Text that no client reads as Markdown. */
function plain(text: string, style: object): object {
  return { type: 'RichTextBlock', inlines: [{ type: 'TextRun', text, ...style }] };
}

function actionOf(id: string, choice: Choice, { approval }: Messages, isUniversal: boolean): object {
  const data = { approval: id, choice };
  const look = { title: approval[choice], ...(choice === 'deny' ? { style: 'destructive' } : {}) };
  const submit = { type: 'Action.Submit', ...look, data };
  return isUniversal ? { type: 'Action.Execute', verb: 'approval', ...look, data, fallback: submit } : submit;
}

/** The press that an activity's value, or an invoke's data, names; `undefined` for anything else. */
export function approvalPressOf(data: unknown): ApprovalPress | undefined {
  const { approval: id, choice: chosen } = fieldsOf(data);
  const choice = CHOICES.find((each) => each === chosen);
  return typeof id === 'string' && /^[\w-]{16,64}$/.test(id) && choice !== undefined ? { id, choice } : undefined;
}
