import type { Wording } from './wording.ts';

/** German. */
export const de: Wording = {
  language: 'de',
  welcome: 'Hallo! Schreiben Sie mir eine Nachricht, und ich antworte mit Text und mit meiner Stimme.',
  textMissing: 'Ich kann vorerst nur Text lesen. Bitte schreiben Sie mir eine Nachricht.',
  textTooLong: (mostChars) =>
    `Diese Nachricht ist zu lang für mich. Bitte senden Sie sie in Teilen von bis zu ${mostChars} Zeichen.`,
  queueFull:
    'Ich bin noch mit Ihren vorigen Nachrichten beschäftigt. Bitte senden Sie das noch einmal, wenn ich sie beantwortet habe.',
  notAllowed:
    'Es tut mir leid, ich bin für Ihr Konto nicht freigegeben. Bitte fragen Sie die Person, die diesen Bot betreibt.',
  shuttingDown: 'Ich werde gerade neu gestartet. Bitte senden Sie das in einer Minute noch einmal.',
  storage: {
    lasting:
      'Ich komme gerade nicht an mein Gedächtnis. Deine Nachricht ist sicher, meine Antwort folgt, sobald ich kann.',
    notKept:
      'Ich kann gerade keine Nachrichten annehmen, weil ich nicht an mein Gedächtnis komme. Bitte sende das in ein paar Minuten noch einmal.',
  },
  working: 'Ich formuliere meine Antwort …',
  voiceReply: '(gesprochene Antwort)',
  audioTitle: 'Gesprochene Antwort',
  listen: (duration) => `Anhören (${duration})`,
  cutShort: {
    length: '(Ich habe hier aufgehört, weil die Antwort zu lang wurde. Bitten Sie mich, weiterzusprechen.)',
    lost: '(Meine Antwort ist hier abgebrochen. Bitte fragen Sie noch einmal nach dem Rest.)',
    filter:
      'Ich habe diese Antwort wegen der Regeln abgebrochen, an die ich mich halte. Bitte fragen Sie auf andere Weise.',
    cancelled: '',
  },
  apologies: {
    misconfigured:
      'Ich kann meinen Sprachdienst nicht nutzen, weil ich falsch eingerichtet bin. Bitte sagen Sie es der Person, die diesen Bot betreibt.',
    crowded: 'Gerade sprechen zu viele Leute mit mir. Bitte versuchen Sie es in einer Minute noch einmal.',
    broken: 'Mein Sprachdienst hatte eine Störung, und ich habe keine Antwort. Bitte senden Sie das noch einmal.',
    slow: 'Mein Sprachdienst hat zu lange für die Antwort gebraucht. Bitte senden Sie das noch einmal.',
    unanswerable: 'Darauf habe ich keine Antwort zustande gebracht. Bitte sagen Sie es auf andere Weise.',
    cancelled: 'Ich habe wie gewünscht aufgehört. Bitte schreiben Sie wieder, wann immer Sie möchten.',
    restarting: 'Ich werde gerade neu gestartet. Bitte senden Sie das in einer Minute noch einmal.',
    internal: 'Bei mir ist etwas schiefgegangen. Bitte senden Sie das noch einmal.',
  },
  incident: (id) => `(Vorfall ${id})`,
  card: {
    play: (duration) => `▶ Abspielen ${duration}`,
    openInBrowser: 'Im Browser öffnen',
    save: 'Als .wav speichern',
  },
  audio: {
    gone: 'Ich habe den Ton dieser Antwort nicht mehr. Bitte fragen Sie mich noch einmal.',
    fileName: 'gesprochene-antwort.wav',
    fileOffer: 'Der Ton meiner Antwort, als Datei in Ihrem OneDrive.',
    saved: 'Ich habe sie in Ihrem OneDrive gespeichert.',
    saving: 'Ich speichere sie schon. Einen Moment, bitte.',
    savedBefore: 'Diese Antwort ist schon in Ihren Dateien.',
    notSaved: 'Ich konnte die Datei nicht speichern. Bitte drücken Sie noch einmal „Als .wav speichern“.',
  },
  limits: {
    tooFast: 'Das war viel in einer Minute. Bitte warten Sie kurz und senden Sie das noch einmal.',
    day: 'Mein Budget für heute ist aufgebraucht. Bitte kommen Sie morgen (UTC) wieder, oder fragen Sie die Person, die diesen Bot betreibt.',
    conversation:
      'Das Budget dieser Unterhaltung ist aufgebraucht. Bitte fragen Sie die Person, die diesen Bot betreibt.',
  },
  commands: {
    does: {
      help: 'was Sie mir sagen können',
      reset: 'eine neue Unterhaltung beginnen; ich vergesse, was gesagt wurde',
      forget: 'alles löschen, was ich von dieser Unterhaltung aufbewahre, auch den Ton',
      voice: 'meine Stimme wählen: /voice und ein Name',
      audio: 'mit /audio off schreibe ich nur noch, mit /audio on spreche ich wieder',
      stop: 'meine Antwort anhalten und verwerfen, was wartet',
      usage: 'was diese Unterhaltung verbraucht hat',
    },
    unknown: (written) => `/${written} kenne ich nicht. Bitte wählen Sie einen dieser Befehle:`,
    reset: (by) =>
      `${by === undefined ? 'Wir beginnen' : `${by} beginnt`} eine neue Unterhaltung. Was vorher gesagt wurde, habe ich vergessen.`,
    forgotten: (by) =>
      `${by === undefined ? '' : `${by} hat mich gebeten, alles zu vergessen. `}Alles, was ich von dieser Unterhaltung aufbewahrt habe, ist gelöscht.`,
    voice: (voice, by) =>
      `${by === undefined ? '' : `${by} hat eine Stimme gewählt. `}Ab meiner nächsten Antwort spreche ich als ${voice}.`,
    chooseVoice: 'Welche Stimme soll ich haben?',
    useVoice: 'Diese Stimme nehmen',
    voiceIs: (voice) => `Ich spreche als ${voice}.`,
    voiceUnknown: (voice) => `Eine Stimme namens „${voice}“ habe ich nicht.`,
    audioOn: (by) =>
      `${by === undefined ? '' : `${by} hat meine Stimme eingeschaltet. `}Ab meiner nächsten Antwort spreche ich.`,
    audioOff: (by) =>
      `${by === undefined ? '' : `${by} hat meine Stimme ausgeschaltet. `}Ab meiner nächsten Antwort schreibe ich nur.`,
    audioHow: 'Bitte schreiben Sie /audio on oder /audio off.',
    stopped: 'Angehalten.',
  },
  usage: {
    title: 'Diese Unterhaltung bisher:',
    turns: (turns) => `Fragen: ${turns}`,
    audio: (duration) => `Gesprochen: ${duration}`,
    tokens: (tokens) =>
      `Tokens: ${tokens.in} gelesen (davon ${tokens.cached} aus dem Zwischenspeicher), ${tokens.out} erzeugt`,
    cost: (usd, date) => `Geschätzte Kosten: ${usd} (Preise vom ${date})`,
    costUnknown: 'Geschätzte Kosten: für dieses Modell nicht bekannt',
  },
  player: {
    play: 'Abspielen',
    pause: 'Anhalten',
    playAgain: 'Noch einmal abspielen',
    position: 'Position',
    of: (position, duration) => `${position} von ${duration}`,
    transcript: 'Wortlaut',
    notPlayable:
      'Der Ton konnte nicht geladen werden. Vielleicht wird er nicht mehr aufbewahrt: Bitte fragen Sie den Bot noch einmal.',
    notFoundTitle: 'Hier gibt es nichts zu hören',
  },
};
