/** The page's own texts. Those of the chat come from Web Chat and the bot, in the same language. */
const en = {
  language: 'en',
  title: 'Realtime voice bot',
  /** `{voice}` is the configured voice, such as `alloy`. */
  model: 'Default voice: {voice} · simulated model',
  newChat: 'New chat',
  samples: 'Things to try',
  question: 'Ask a question',
  order: 'Ask about an order',
  ticket: 'Create a ticket',
  note: 'Write a note',
  picture: 'Send a picture',
  voice: 'Send a voice message',
  talk: 'Get a microphone link',
  help: '/help',
  /** `{files}` are the names of attached files. */
  attached: '{files}: add a text, or send',
};

export type Messages = Readonly<typeof en>;

const de: Messages = {
  language: 'de',
  title: 'Realtime-Sprachbot',
  model: 'Standardstimme: {voice} · simuliertes Modell, spricht Englisch',
  newChat: 'Neuer Chat',
  samples: 'Zum Ausprobieren',
  question: 'Eine Frage stellen',
  order: 'Nach einer Bestellung fragen',
  ticket: 'Ein Ticket anlegen',
  note: 'Eine Notiz schreiben',
  picture: 'Ein Bild senden',
  voice: 'Eine Sprachnachricht senden',
  talk: 'Link zum Mikrofon',
  help: '/help',
  attached: '{files}: Text dazu, oder senden',
};

/** The texts in the language of the browser, else in English. */
export const messages: Messages = /^de\b/i.test(navigator.language) ? de : en;
