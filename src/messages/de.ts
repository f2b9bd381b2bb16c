import { dePages } from './de-pages.ts';
import type { Messages } from './en.ts';

const READABLE =
  'Bitte senden Sie Ton als WAV, MP3 oder Ogg/Opus, ein Bild als PNG, JPEG, GIF oder BMP oder eine Textdatei bis 30 kB.';

function file(name: string | undefined): string {
  return name === undefined ? 'Ihre Datei' : `„${name}“`;
}

/** German. */
export const de: Messages = {
  language: 'de',
  welcome:
    'Hallo! Schreiben Sie mir eine Nachricht, und ich antworte mit Text und mit meiner Stimme. Sie können mir auch ein Bild oder eine Sprachnachricht senden, oder schreiben Sie /help, um zu sehen, was ich noch kann.',
  welcomeGroup:
    'Hallo! Erwähnen Sie mich in einer Nachricht, und ich antworte mit Text und mit meiner Stimme. Erwähnen Sie mich mit /voice, um meine Stimme zu wählen, oder mit /help, um zu sehen, was ich noch kann.',
  textMissing:
    'In Ihrer Nachricht war nichts, das ich lesen kann. Bitte schreiben Sie mir, oder senden Sie eine Tonaufnahme, ein Bild oder eine Textdatei.',
  textTooLong: (maxChars) =>
    `Diese Nachricht ist zu lang für mich. Bitte senden Sie sie in Teilen von bis zu ${maxChars} Zeichen.`,
  queueFull:
    'Ich bin noch mit Ihren vorigen Nachrichten beschäftigt. Bitte senden Sie das noch einmal, wenn ich sie beantwortet habe.',
  notAllowed:
    'Es tut mir leid, ich bin für Ihr Konto nicht freigegeben. Bitte fragen Sie die Person, die diesen Bot betreibt.',
  storage: {
    delayed:
      'Ich komme gerade nicht an mein Gedächtnis. Ihre Nachricht ist sicher, meine Antwort folgt, sobald ich kann.',
    notStored:
      'Ich kann gerade keine Nachrichten annehmen, weil ich nicht an mein Gedächtnis komme. Bitte senden Sie das in ein paar Minuten noch einmal.',
  },
  interrupted: '(Hier wurde ich unterbrochen. Meine Antwort folgt in einer neuen Nachricht.)',
  working: 'Ich formuliere meine Antwort …',
  voiceReply: '(gesprochene Antwort)',
  audioTitle: 'Gesprochene Antwort',
  listen: (duration) => `Anhören (${duration})`,
  cutShort: {
    length: '(Ich habe hier aufgehört, weil die Antwort zu lang wurde. Bitten Sie mich, weiterzusprechen.)',
    lost: '(Meine Antwort ist hier abgebrochen. Bitte fragen Sie noch einmal nach dem Rest.)',
    filter:
      'Ich habe diese Antwort wegen der Regeln abgebrochen, an die ich mich halte. Bitte fragen Sie auf andere Weise.',
    cancelled: '(Hier wurde ich angehalten.)',
    budget: '(Ich habe hier aufgehört, weil es mehr kosten könnte, als ich ausgeben darf.)',
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
  toolWorking: (title) => `Ich nutze „${title}“ …`,
  approval: {
    needed: 'Dafür brauche ich zuerst Ihr Einverständnis.',
    ask: (title) => `Darf ich „${title}“ nutzen?`,
    tool: (name) => `Werkzeug: ${name}`,
    allow: 'Einmal erlauben',
    allowAlways: 'Immer erlauben',
    deny: 'Ablehnen',
    cut: (leftOut) => `(${leftOut} weitere Zeichen)`,
    unusual: 'Das ist ungewöhnlich geschrieben. Bitte prüfen Sie es genau.',
    expires: 'Sie können innerhalb von 24 Stunden entscheiden und mir inzwischen weiter schreiben.',
    howToAnswer: 'Bitte antworten Sie mit „ja“ oder „nein“. Später können Sie noch /allow oder /deny schreiben.',
    howToAnswerEach: 'Bitte beantworten Sie zuerst die letzte Frage mit /allow oder /deny, dann die davor.',
    howToDecide: 'Bitte antworten Sie mit /allow oder /deny.',
    yes: /^(?:ja|j|ok|okay|klar|erlauben|erlaubt)$/i,
    no: /^(?:nein|n|nö|ablehnen|abgelehnt)$/i,
    allowed: (title, by) => `${by === undefined ? 'Erlaubt' : `Von ${by} erlaubt`}: ${title}`,
    allowedOnce: (title, by) =>
      `${by === undefined ? 'Einmal' : `Von ${by} einmal`} erlaubt, denn hier frage ich jedes Mal: ${title}`,
    alwaysAllowed: (title, by) => `Ab jetzt ${by === undefined ? '' : `von ${by} `}immer erlaubt: ${title}`,
    denied: (title, by) => `${by === undefined ? 'Abgelehnt' : `Von ${by} abgelehnt`}: ${title}`,
    decidedBefore: 'Darüber ist schon entschieden.',
    takenBack: 'Diese Entscheidung wurde zurückgenommen. Bitte entscheiden Sie noch einmal.',
    gone: 'Auf diese Entscheidung warte ich nicht mehr. Bitte fragen Sie mich noch einmal.',
    changed: (title) =>
      `„${title}“ gibt es nicht mehr, oder es hat sich geändert. Ich habe es nicht genutzt. Bitte fragen Sie mich noch einmal.`,
    notYours: 'Darüber kann nur entscheiden, wer mich darum gebeten hat oder dafür benannt ist.',
    stillWaits: (title) => `„${title}“ ist nicht erledigt. Sie können noch mit /allow oder /deny entscheiden.`,
    nothingWaits: 'Zurzeit wartet nichts auf Ihre Entscheidung.',
    unclearDecision: 'Bitte schreiben Sie nur /allow, /allow always oder /deny.',
    done: (title) => `„${title}“ wurde ausgeführt. Sie brauchen mich nicht noch einmal darum zu bitten.`,
    notDone: (title) => `„${title}“ wurde nicht ausgeführt.`,
    doneUnknown: (title) =>
      `Ich weiß nicht, ob „${title}“ ausgeführt wurde. Bitte sehen Sie nach, bevor Sie mich noch einmal fragen.`,
  },
  tools: {
    list: 'Diese Werkzeuge kann ich hier nutzen:',
    none: 'Ich habe hier keine Werkzeuge.',
    asks: 'ich frage Sie vorher',
    notReachable: (servers) => `Zurzeit nicht erreichbar: ${servers}`,
    alwaysAllowed: 'von Ihnen immer erlaubt',
    howToRevoke: 'Schreiben Sie /tools ask, damit ich Sie wieder frage.',
    revoked: 'Ab jetzt frage ich Sie wieder jedes Mal.',
  },
  sources: { heading: 'Quellen:', page: (page) => `Seite ${page}` },
  audio: {
    gone: 'Ich habe den Ton dieser Antwort nicht mehr. Bitte fragen Sie mich noch einmal.',
    notDelivered:
      '(Ich konnte den Ton dieser Antwort hier nicht senden. Bitte fragen Sie nach einer kürzeren Antwort, um sie zu hören.)',
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
    person:
      'Ihr eigenes Budget für heute ist aufgebraucht. Bitte kommen Sie morgen (UTC) wieder, oder fragen Sie die Person, die diesen Bot betreibt.',
    conversation:
      'Das Budget dieser Unterhaltung ist aufgebraucht. Bitte fragen Sie die Person, die diesen Bot betreibt.',
  },
  commands: {
    does: {
      help: 'zeigen, was ich für Sie tun kann',
      talk: 'mit dem Mikrofon zu mir sprechen',
      reset: 'eine neue Unterhaltung beginnen; ich vergesse, was gesagt wurde',
      forget: 'alles löschen, was ich von dieser Unterhaltung aufbewahre; vorher frage ich nach',
      voice: 'meine Stimme wählen (/voice und ein Name)',
      audio: 'meine Stimme aus- oder einschalten (/audio off, /audio on)',
      stop: 'meine Antwort anhalten und verwerfen, was wartet',
      usage: 'was diese Unterhaltung verbraucht hat',
      tools: 'zeigen, was ich für Sie nachsehen und tun kann',
      allow: 'erlauben, wonach ich zuletzt gefragt habe',
      deny: 'ablehnen, wonach ich zuletzt gefragt habe',
    },
    unknown: (written) => `/${written} kenne ich nicht. Bitte wählen Sie einen dieser Befehle:`,
    reset: (by) =>
      `${by === undefined ? 'Wir beginnen' : `${by} beginnt`} eine neue Unterhaltung. Was vorher gesagt wurde, habe ich vergessen.`,
    confirmForget: (by) =>
      `Soll ich alles löschen, was ich von dieser Unterhaltung aufbewahre? Das ist, was gesagt und was für sie gewählt wurde, der Ton meiner Antworten und der Aufnahmen, und Nachrichten, die warten. Es lässt sich nicht rückgängig machen. Zum Löschen ${by === undefined ? 'schreiben Sie bitte' : 'erwähnen Sie mich bitte mit'} /forget yes.`,
    forgotten: (by) =>
      `${by === undefined ? '' : `${by} hat mich gebeten, alles zu vergessen. `}Alles, was ich von dieser Unterhaltung aufbewahrt habe, ist gelöscht.`,
    voice: (voice, by) =>
      `${by === undefined ? '' : `${by} hat eine Stimme gewählt. `}Ab meiner nächsten Antwort spreche ich als ${voice}.`,
    chooseVoice: 'Welche Stimme soll ich haben?',
    useVoice: 'Diese Stimme nehmen',
    voiceIs: (voice) => `Ich spreche als ${voice}.`,
    voiceUnknown: (voice) => `Eine Stimme namens „${voice}“ habe ich nicht.`,
    voiceRefused: (refused, voice) =>
      `(Die Stimme ${refused} gibt es hier nicht. Ich spreche wieder als ${voice}; bitte schreiben Sie /voice, um eine andere zu wählen.)`,
    audioOn: (by) =>
      `${by === undefined ? '' : `${by} hat meine Stimme eingeschaltet. `}Ab meiner nächsten Antwort spreche ich.`,
    audioOff: (by) =>
      `${by === undefined ? '' : `${by} hat meine Stimme ausgeschaltet. `}Ab meiner nächsten Antwort schreibe ich nur.`,
    audioHow: 'Bitte schreiben Sie /audio on oder /audio off.',
    stopped: (droppedCount) =>
      droppedCount === 0
        ? 'Ich habe aufgehört. Keine weitere Nachricht hat gewartet.'
        : `Ich habe aufgehört und ${droppedCount === 1 ? 'die Nachricht' : `die ${droppedCount} Nachrichten`} verworfen, die noch gewartet ${droppedCount === 1 ? 'hat' : 'haben'}. Bitte senden Sie noch einmal, was Sie brauchen.`,
  },
  attachments: {
    heard: (text, by) => `${by === undefined ? 'Sie haben' : `${by} hat`} gesagt: „${text}“`,
    leaveOut:
      'Falls es am Anhang lag: Dieses Modell kann so etwas vielleicht nicht lesen. Bitte senden Sie die Nachricht ohne ihn.',
    notRead: {
      address_refused: (name) =>
        `Dorthin, wo ${file(name)} liegt, gehe ich nicht. Bitte hängen Sie die Datei selbst an Ihre Nachricht an.`,
      not_fetched: (name) => `Ich konnte ${file(name)} nicht abholen. Bitte senden Sie das noch einmal.`,
      too_slow: (name) =>
        `Ich habe zu lange gebraucht, um ${file(name)} zu lesen. Bitte senden Sie das noch einmal, oder etwas Kleineres.`,
      too_large: (name) =>
        `Ich kann ${file(name)} nicht lesen, weil das zu groß ist. Bitte senden Sie etwas Kleineres: Ton bis 3 Minuten und 15 MB, Bilder bis 15 MB und 25 Megapixel, Texte bis 30 kB.`,
      too_long: (name) =>
        `Ich kann ${file(name)} nicht ganz anhören, das ist zu lang. Bitte senden Sie etwas Kürzeres: bis 3 Minuten und 15 MB.`,
      kind_unknown: (name) => `Ich weiß nicht, was ${file(name)} ist. ${READABLE}`,
      kind_unsupported: (name) => `Dateien wie ${file(name)} kann ich nicht lesen. ${READABLE}`,
      page_instead: (name) =>
        `Statt ${file(name)} kam ein Link zu einer Seite. Bitte hängen Sie die Datei selbst an Ihre Nachricht an.`,
      damaged: (name) =>
        `Ich kann ${file(name)} nicht lesen: Anscheinend ist etwas beschädigt, oder das Ende fehlt. Bitte senden Sie das noch einmal.`,
      busy: (name) => `Ich lese gerade zu viele Dateien. Bitte senden Sie ${file(name)} in einer Minute noch einmal.`,
      sign_in_needed: (name) =>
        `Ich darf ${file(name)} an diesem Speicherort nicht öffnen. Bitte speichern Sie die Datei auf Ihrem Gerät, und hängen Sie sie von dort an.`,
    },
    voiceClip:
      'Sprachnachrichten, die in Teams aufgenommen werden, gibt Teams mir nicht. Bitte schreiben Sie /talk, um mit mir zu sprechen, schreiben Sie mir Ihre Nachricht, oder hängen Sie eine Tondatei an (WAV, MP3 oder Ogg/Opus).',
    voiceClipNoPage:
      'Sprachnachrichten, die in Teams aufgenommen werden, gibt Teams mir nicht. Bitte schreiben Sie mir Ihre Nachricht, oder hängen Sie eine Tondatei an (WAV, MP3 oder Ogg/Opus).',
    recordingLost: 'Ich konnte Ihre Aufnahme nicht anhören. Bitte schreiben Sie /talk, und nehmen Sie neu auf.',
    videoClip: 'Videos kann ich nicht ansehen. Bitte schreiben Sie mir eine Nachricht, oder senden Sie ein Bild.',
    withheldFile:
      'Teams hat mir nicht gegeben, was Sie angehängt haben. Bitte speichern Sie es auf Ihrem Gerät, und hängen Sie es von dort an.',
    withheldFileInGroup:
      'Dateien, die in Kanälen und Gruppenchats gesendet werden, gibt Teams mir nicht. Bitte senden Sie die Datei in einem Chat, den Sie mit mir allein haben.',
    loop: (url) =>
      `Loop-Komponenten kann ich nicht lesen. Bitte kopieren Sie den Text${url === undefined ? '' : ` aus ${url}`} in eine Nachricht an mich.`,
    unreadable:
      'In Ihrer Nachricht ist etwas, das ich nicht lesen kann, etwa eine Karte. Bitte schreiben Sie mir, was darin steht.',
    tooMany: (maxFiles, leftOut) =>
      `Ich lese bis zu ${maxFiles} Dateien einer Nachricht und habe ${leftOut} ausgelassen. Bitte senden Sie den Rest in einer weiteren Nachricht.`,
  },
  recording: {
    invited: (by) =>
      `${by === undefined ? 'Hier können Sie zu mir sprechen' : `${by}, hier können Sie zu mir sprechen`}. Das gilt für Sie allein und für eine Nachricht und lässt sich zehn Minuten lang öffnen.`,
    open: '🎙 Sprechen',
    shared:
      'Hier hätten mehrere Leute den Link, mit dem Sie zu mir sprechen. Bitte schreiben Sie /talk in einem Chat, den ich mit Ihnen allein habe.',
    unreachable:
      'Ich habe hier keine Seite, auf der Sie zu mir sprechen könnten. Bitte schreiben Sie mir Ihre Nachricht, oder hängen Sie eine Tondatei an (WAV, MP3 oder Ogg/Opus).',
    notYours: 'Hier ist jemand anderes eingeladen. Bitte schreiben Sie /talk, um einen eigenen Knopf zu bekommen.',
    ended:
      'Diese Einladung zum Sprechen ist schon genutzt oder zu alt. Wenn Sie gerade etwas gesendet haben, kommt meine Antwort im Chat. Sonst schreiben Sie dort bitte noch einmal /talk.',
    endedTitle: 'Diese Einladung gilt nicht mehr',
    title: 'Mit dem Bot sprechen',
    intro: (minutes) =>
      `Nehmen Sie eine Nachricht von bis zu ${minutes} Minuten auf. Gesendet wird sie, wenn Sie auf „Senden“ drücken, und nicht vorher.`,
    record: 'Aufnehmen',
    stop: 'Stopp',
    recordAgain: 'Neu aufnehmen',
    send: 'Senden',
    recording: 'Ihre Aufnahme',
    listen: 'Ihre Aufnahme anhören',
    of: (elapsed, duration) => `${elapsed} von ${duration}`,
    asking: 'Bitte erlauben Sie die Nutzung Ihres Mikrofons.',
    listening: 'Die Aufnahme läuft. Bitte sprechen Sie jetzt.',
    almostFull: (left) => `Noch ${left} Sekunden.`,
    full: (minutes) =>
      `${minutes} Minuten sind aufgenommen, mehr kann ich nicht entgegennehmen. Hören Sie die Aufnahme an, senden Sie sie, oder nehmen Sie sie neu auf.`,
    recorded: 'Aufgenommen. Hören Sie die Aufnahme an, senden Sie sie, oder nehmen Sie sie neu auf.',
    unreadable: 'Darin ist kein Ton, den ich hören kann. Bitte nehmen Sie ihn neu auf.',
    uploading:
      'Eine Aufnahme von Ihnen ist noch auf dem Weg zu mir. Bitte warten Sie einen Moment, und drücken Sie dann noch einmal auf „Senden“.',
    tooLate:
      'Für eine neue Aufnahme ist es zu spät. Sie können diese noch senden, oder schreiben Sie im Chat /talk und nehmen Sie neu auf.',
    tooShort:
      'Das war zu kurz, um etwas zu hören. Bitte drücken Sie noch einmal auf „Aufnehmen“ und auf „Stopp“, wenn Sie gesprochen haben.',
    silent:
      'Aufgenommen, aber es ist fast nichts zu hören. Bitte sehen Sie nach, ob das richtige Mikrofon eingeschaltet ist, und nehmen Sie neu auf.',
    refused:
      'Ich habe keinen Zugriff auf Ihr Mikrofon. Bitte erlauben Sie es in den Einstellungen Ihres Browsers, oder in Teams unter Einstellungen, App-Berechtigungen; drücken Sie dann noch einmal auf „Aufnehmen“.',
    noMicrophone: 'Ich finde kein Mikrofon. Bitte schließen Sie eines an, und drücken Sie noch einmal auf „Aufnehmen“.',
    microphoneInUse:
      'Ihr Mikrofon lässt sich gerade nicht nutzen. Bitte sehen Sie nach, ob ein anderes Programm es hat, und drücken Sie noch einmal auf „Aufnehmen“.',
    notHere: 'In diesem Fenster lässt sich nichts aufnehmen. Bitte öffnen Sie die Seite in einem aktuellen Browser.',
    sending: 'Wird gesendet …',
    sent: 'Gesendet. Die Antwort kommt im Chat; Sie können diese Seite schließen.',
    notSent:
      'Das ließ sich nicht senden. Bitte sehen Sie nach, ob Sie mit dem Netz verbunden sind, und drücken Sie noch einmal auf „Senden“.',
    needsScript: 'Zum Aufnehmen wird JavaScript gebraucht. Bitte schalten Sie es für diese Seite ein.',
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
  ...dePages,
};
