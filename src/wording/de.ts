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
