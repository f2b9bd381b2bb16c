import { type Attachment, CardFactory } from 'botbuilder';
import type { StoredAudio } from '../audio/audio-store.ts';
import type { VoiceChoice } from '../conversation/reply.ts';
import type { RecordingLink } from '../conversation/user-message.ts';
import { fieldsOf } from '../json-access.ts';
import { clockTime, type Messages } from '../messages/messages.ts';
import { paragraphs } from '../paragraphs.ts';
import type { ReplyContext } from './reply-context.ts';

/** An element or an action of an Adaptive Card. */
export type CardPart = Readonly<Record<string, unknown>>;

/** The input of a voice card. */
const CHOICE_INPUT = 'choice';

/** A card to choose a voice from. The choice comes back as a message without text; see `chosenCommand`. */
export function voiceCard({ voices, current }: VoiceChoice, { commands }: Messages): Attachment {
  const title = commands.chooseVoice;
  const choices = voices.map((voice) => ({ title: voice, value: voice }));
  const select = { id: CHOICE_INPUT, label: title, style: 'compact', value: current, choices };
  return adaptiveCard(
    title,
    [{ type: 'Input.ChoiceSet', ...select }],
    [submit(commands.useVoice, { command: 'voice' })],
  );
}

/** The same choice for channels without cards: what to write. */
export function voiceList({ voices }: VoiceChoice, { commands }: Messages): string {
  return paragraphs(commands.chooseVoice, voices.map((voice) => `- /voice ${voice}`).join('\n'));
}

/** The command that a submitted voice card stands for. The choice is validated as if the user had written it. */
export function chosenCommand(value: unknown): string | undefined {
  const { command, [CHOICE_INPUT]: voice } = fieldsOf(value);
  return command === 'voice' && typeof voice === 'string' ? `/voice ${voice}` : undefined;
}

/**
 * The card below an answer: plays it in a dialog of the client, opens it in a browser, saves it as a file. A submitted
 * card names the audio by its id, which opens nothing by itself: the bot checks the conversation of the user who asks.
 */
export function playerCard({ id, durationMs }: StoredAudio, pageUrl: string, context: ReplyContext): Attachment {
  const { capabilities, options, messages } = context;
  const { card, audioTitle } = messages;
  const play = dialogButton(card.play(clockTime(durationMs)), { play: id });
  const open = openUrl(card.openInBrowser, options.browserLinks ? pageUrl : undefined);
  const save = capabilities.savesFiles ? [submit(card.save, { save: id })] : [];
  return adaptiveCard(audioTitle, [subtle(audioTitle)], [play, ...open, ...save]);
}

/**
 * The card that opens the recording page. As with the player, the id on it opens nothing by itself. Without a
 * `browserUrl` it has no link.
 */
export function recordingCard(
  { id }: RecordingLink,
  browserUrl: string | undefined,
  { card, recording }: Messages,
): Attachment {
  const actions = [dialogButton(recording.open, { recording: id }), ...openUrl(card.openInBrowser, browserUrl)];
  return adaptiveCard(recording.title, [subtle(recording.title)], actions);
}

/** A card of version 1.4, or 1.5 where it has `Action.Execute`. */
export function adaptiveCard(
  fallbackText: string,
  body: readonly CardPart[],
  actions: readonly CardPart[],
  version: '1.4' | '1.5' = '1.4',
): Attachment {
  const $schema = 'http://adaptivecards.io/schemas/adaptive-card.json';
  return CardFactory.adaptiveCard({ $schema, type: 'AdaptiveCard', version, fallbackText, body, actions });
}

function subtle(text: string): CardPart {
  return { type: 'TextBlock', text, isSubtle: true, size: 'Small', wrap: true };
}

function submit(title: string, data: CardPart): CardPart {
  return { type: 'Action.Submit', title, data };
}

/** https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/task-modules/invoking-task-modules */
function dialogButton(title: string, data: CardPart): CardPart {
  return submit(title, { msteams: { type: 'task/fetch' }, ...data });
}

function openUrl(title: string, url: string | undefined): readonly CardPart[] {
  return url === undefined ? [] : [{ type: 'Action.OpenUrl', title, url }];
}
