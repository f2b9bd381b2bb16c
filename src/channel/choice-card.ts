import { type Attachment, CardFactory } from 'botbuilder';
import type { Choice } from '../conversation/reply.ts';
import { fieldsOf } from '../json-access.ts';

/** What is pressed comes back as a message without text. */
const INPUT = 'choice';

/** A card to choose one of several values from; the choice comes back as if it had been written. */
export function choiceCard({ command, title, values, current, use }: Choice): Attachment {
  return CardFactory.adaptiveCard({
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body: [
      {
        type: 'Input.ChoiceSet',
        id: INPUT,
        label: title,
        style: 'compact',
        value: current,
        choices: values.map((value) => ({ title: value, value })),
      },
    ],
    actions: [{ type: 'Action.Submit', title: use, data: { command } }],
  });
}

/** The same for channels without cards: what to write. */
export function choiceList({ command, title, values }: Choice): string {
  return `${title}\n\n${values.map((value) => `- /${command} ${value}`).join('\n')}`;
}

/** The command that a pressed card stands for, of those that have cards; the choice is checked as if it had been written. */
export function chosenCommand(value: unknown): string | undefined {
  const { command, [INPUT]: chosen } = fieldsOf(value);
  return command === 'voice' && typeof chosen === 'string' ? `/${command} ${chosen}` : undefined;
}
