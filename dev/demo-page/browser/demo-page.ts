import type { DemoFacts } from '../demo-facts.ts';
import { forgetConversation, startChat } from './chat.ts';
import { type Messages, messages } from './messages.ts';
import { samplePicture, sampleVoice } from './samples.ts';
import type { Store } from './web-chat.ts';

const facts: DemoFacts = JSON.parse(byId('facts').textContent ?? '{}');

function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`#${id} is missing`);
  return element;
}

/** Does one of the things to try, as if the user had typed or attached it. The simulator understands English best. */
async function runSample(sample: string | undefined, store: Store): Promise<void> {
  switch (sample) {
    case 'question':
      return say('Tell me a joke', store);
    case 'order':
      return say('What is the status of order 4711?', store);
    case 'ticket':
      return say('Create a ticket for my late parcel', store);
    case 'note':
      return say('Write a file note.txt with the text Remember the milk', store);
    case 'talk':
      return say('/talk', store);
    case 'help':
      return say('/help', store);
    case 'picture':
      return attach(await samplePicture(), 'sunset.png', store);
    case 'voice':
      return attach(await sampleVoice(), 'voice-message.wav', store);
  }
}

function say(text: string, store: Store): void {
  store.dispatch({ type: 'WEB_CHAT/SEND_MESSAGE', payload: { text } });
}

/** DirectLineJS uploads the content of an attachment's URL. */
function attach(file: Blob, name: string, store: Store): void {
  const contentUrl = URL.createObjectURL(file);
  const attachment = { contentType: file.type, contentUrl, name };
  const activity = { type: 'message', text: '', attachments: [attachment] };
  store.dispatch({ type: 'DIRECT_LINE/POST_ACTIVITY', meta: { method: 'keyboard' }, payload: { activity } });
}

function showTexts(): void {
  document.documentElement.lang = messages.language;
  document.title = byId('title').textContent = messages.title;
  byId('model').textContent = messages.model.replace('{voice}', facts.voice);
  byId('new-chat').textContent = messages.newChat;
  byId('samples').ariaLabel = messages.samples;
  for (const button of sampleButtons()) button.textContent = messages[button.dataset['try'] as keyof Messages];
}

function sampleButtons(): NodeListOf<HTMLElement> {
  return document.querySelectorAll('[data-try]');
}

async function open(): Promise<void> {
  showTexts();
  byId('new-chat').addEventListener('click', () => {
    forgetConversation();
    location.reload();
  });
  const store = await startChat(byId('chat'));
  for (const button of sampleButtons()) {
    if (button.dataset['try'] === 'note') button.hidden = !facts.hasMcpServers;
    button.addEventListener('click', () => void runSample(button.dataset['try'], store));
  }
}

void open();
