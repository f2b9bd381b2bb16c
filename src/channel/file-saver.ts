import { ActivityTypes, type Attachment, type TurnContext } from 'botbuilder';
import { LRUCache } from 'lru-cache';
import type { AudioLibrary } from '../audio/library.ts';
import type { Ids } from '../ids.ts';
import { type Wording, wordingFor } from '../wording.ts';
import { consentCard, type FileConsent, fileCard, type UploadPlace } from './file-consent.ts';
import { soundOf } from './invokes.ts';
import { limited, type SendOptions } from './send-once.ts';
import { type UploadDeps, upload } from './upload.ts';

/** What saving files takes. */
export interface FileSaverDeps extends SendOptions, UploadDeps {
  readonly library: AudioLibrary;
  readonly ids: Ids;
}

/** Offers are remembered so that none is taken twice; one that was forgotten fails at the file service instead. */
const MOST_OFFERS = 10_000;

/**
 * Puts the sound of an answer among the user's own files, in three steps: the user asks, we offer, the user agrees.
 * An offer is good for one file; what became of it is known for as long as this process runs.
 */
export class FileSaver {
  readonly #deps: FileSaverDeps;
  readonly #offers = new LRUCache<string, 'saving' | 'saved'>({ max: MOST_OFFERS });

  constructor(deps: FileSaverDeps) {
    this.#deps = deps;
  }

  /** The user pressed "Save": Teams wants to ask once more, with what it knows of the file. */
  async offer(context: TurnContext, audioId: string): Promise<void> {
    const words = wordingFor(context.activity.locale);
    const audio = await soundOf(context.activity, audioId, this.#deps.library);
    if (audio === undefined) await this.#say(context, words.audio.gone);
    else await this.#sendCard(context, consentCard(audio, this.#deps.ids.secret(), words), words.audio.notSaved);
  }

  /** The user answered an offer. Settles once the file is there and shown, or the user was told why it is not. */
  async settle(context: TurnContext, consent: FileConsent): Promise<void> {
    const words = wordingFor(context.activity.locale);
    const { offerId, place } = consent;
    const state = this.#offers.get(offerId);
    if (place === undefined) {
      await this.#removeCard(context, consent);
      return;
    }
    if (state === 'saving') return;
    if (state === 'saved') {
      await this.#say(context, words.audio.savedBefore);
      await this.#removeCard(context, consent);
      return;
    }
    this.#offers.set(offerId, 'saving');
    const isSaved = await this.#save(context, consent, place, words);
    if (isSaved) this.#offers.set(offerId, 'saved');
    else this.#offers.delete(offerId);
    await this.#removeCard(context, consent);
  }

  async #save(context: TurnContext, consent: FileConsent, place: UploadPlace, words: Wording): Promise<boolean> {
    const audio = await soundOf(context.activity, consent.audioId, this.#deps.library);
    if (audio === undefined) {
      await this.#say(context, words.audio.gone);
      return false;
    }
    try {
      await upload(place.uploadUrl, audio.wav, this.#deps);
    } catch (err) {
      this.#deps.log.warn({ err }, 'a file was not saved');
      await this.#say(context, words.audio.notSaved);
      return false;
    }
    await this.#sendCard(context, fileCard(place), words.audio.savedBefore);
    return true;
  }

  /** The card does not go by itself. One that stays does no harm: its offer is used up. */
  async #removeCard(context: TurnContext, { cardId }: FileConsent): Promise<void> {
    if (cardId === undefined) return;
    try {
      await limited(context.deleteActivity(cardId), this.#deps);
    } catch (err) {
      this.#deps.log.warn({ err }, 'the offer of a file could not be removed');
    }
  }

  #say(context: TurnContext, text: string): Promise<unknown> {
    return limited(context.sendActivity(text), this.#deps);
  }

  /** A card that the channel does not take is replaced by a word on what it was about. */
  async #sendCard(context: TurnContext, card: Attachment, instead: string): Promise<void> {
    try {
      await limited(context.sendActivity({ type: ActivityTypes.Message, attachments: [card] }), this.#deps);
    } catch (err) {
      this.#deps.log.warn({ err, card: card.contentType }, 'the channel did not take the card');
      await this.#say(context, instead);
    }
  }
}
