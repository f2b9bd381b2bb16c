import fc, { type Arbitrary } from 'fast-check';
import { hostileText } from './hostile.ts';

const INVOKES: Readonly<Record<string, unknown>> = {
  'fileConsent/invoke': {
    type: 'fileUpload',
    action: 'accept',
    context: { offer: 'x', audio: 'abcdefghijklmnopqrstuv' },
    uploadInfo: { uploadUrl: 'http://localhost/x', contentUrl: 'http://localhost/x' },
  },
  'task/fetch': { data: { play: 'abcdefghijklmnopqrstuv' }, context: { theme: 'dark' } },
  'task/submit': { data: {} },
  'message/submitAction': { actionName: 'feedback', actionValue: { reaction: 'like', feedback: '{}' } },
  'adaptiveCard/action': { action: { type: 'Action.Execute', id: 'x', verb: 'stop', data: {} } },
  'signin/verifyState': { state: '123456' },
  'signin/tokenExchange': { id: '1', connectionName: 'c', token: 't' },
  'composeExtension/query': { commandId: 'x', parameters: [] },
  'handoff/action': { continuation: 'x' },
  unknown: null,
};

const EVENTS = ['tokens/response', 'application/vnd.microsoft.meetingStart', 'application/vnd.microsoft.readReceipt'];
const TEAMS_EVENTS = ['teamMemberAdded', 'channelCreated', 'teamArchived', 'editMessage', 'softDeleteMessage', 'x'];
const OTHER_TYPES = [
  'typing',
  'endOfConversation',
  'handoff',
  'trace',
  'command',
  'invokeResponse',
  'delay',
  'MESSAGE',
  '',
  '__proto__',
  'constructor',
  'x',
];

const people = fc.subarray([{ id: 'bot-1' }, { id: 'user-1', name: 'Ada' }, { id: 'user-2' }]);
const teamsData = fc.constantFrom(...TEAMS_EVENTS).map((eventType) => ({
  channelData: { eventType, team: { id: '19:x' }, tenant: { id: 't' }, channel: { id: 'c', name: 'n' } },
}));

const attachment = fc.constantFrom(
  { contentType: 'text/html', content: '<p>hello</p>' },
  { contentType: 'image/png', contentUrl: 'http://localhost/x.png', name: 'x.png' },
  { contentType: 'application/vnd.microsoft.teams.file.download.info', content: {} },
  {},
);

const text = fc.oneof({ weight: 6, arbitrary: fc.constantFrom('hello', '<at>Bot</at> hi') }, hostileText);

/** Events that end a conversation would drop its queue, so they have their own conversations. */
const STEADY = ['steady-1', 'steady-2', 'steady-3', 'steady-4', 'steady-5', 'steady-6'];
const FICKLE = ['fickle-1', 'fickle-2'];

/** Whether an accepted message in this conversation has to be answered. */
export function isSteady(conversation: unknown): boolean {
  return STEADY.some((name) => name === conversation);
}

const steady = fc.constantFrom(...STEADY, ...FICKLE);
const fickle = fc.constantFrom(...FICKLE);

const plainMessage = fc.record({
  type: fc.constant('message'),
  text,
  attachments: fc.array(attachment, { maxLength: 3 }),
});
const pressed = fc.constantFrom({ save: 'abcdefghijklmnopqrstuv' }, { save: 1 }, 'save', null);
const message = fc.oneof(
  { weight: 9, arbitrary: plainMessage },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('message'), value: pressed }) },
);
const invoke = fc.constantFrom(...Object.entries(INVOKES)).map(([name, value]) => ({ type: 'invoke', name, value }));
const event = fc.constantFrom(...EVENTS, 'x', '').map((name) => ({ type: 'event', name, value: {} }));
const reaction = fc.constant({ type: 'messageReaction', reactionsAdded: [{ type: 'like' }], replyToId: '1' });
const edited = fc
  .tuple(fc.constantFrom('messageUpdate', 'messageDelete'), teamsData)
  .map(([type, data]) => ({ type, text: 'edited', ...data }));
const members = fc
  .record({ type: fc.constant('conversationUpdate'), membersAdded: people, membersRemoved: people })
  .chain((update) => teamsData.map((data) => ({ ...update, ...data })));
const installation = fc
  .constantFrom('add', 'remove', 'add-upgrade', 'x')
  .map((action) => ({ type: 'installationUpdate', action }));
const other = fc.constantFrom(...OTHER_TYPES).map((type) => ({ type, name: 'x', value: null }));

type Content = Readonly<Record<string, unknown>>;
const placed = (contents: Arbitrary<Content>, conversation: Arbitrary<string>) => fc.tuple(contents, conversation);

/** The content of an activity, and the id of its conversation. */
export const content: Arbitrary<[Content, string]> = fc.oneof(
  { weight: 16, arbitrary: placed(message, steady) },
  { weight: 4, arbitrary: placed(invoke, steady) },
  { weight: 2, arbitrary: placed(event, steady) },
  { weight: 2, arbitrary: placed(members, fickle) },
  { weight: 1, arbitrary: placed(installation, fickle) },
  { weight: 1, arbitrary: placed(edited, steady) },
  { weight: 1, arbitrary: placed(reaction, steady) },
  { weight: 3, arbitrary: placed(other, steady) },
);
