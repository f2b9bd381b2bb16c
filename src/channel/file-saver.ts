import { ActivityTypes, type Attachment, type TurnContext } from 'botbuilder';
import { LRUCache } from 'lru-cache';
import type { AudioStore } from '../audio/audio-store.ts';
import { isTextSigned, signText } from '../audio/signed-links.ts';
import type { Ids } from '../ids.ts';
import { lruOptions } from '../lru-options.ts';
import { type Messages, messagesFor } from '../messages/messages.ts';
import { consentCard, type FileConsent, fileCard, type UploadPlace } from './file-consent.ts';
import { soundOf } from './invokes.ts';
import { limited, type SendOptions } from './send-once.ts';
import { type UploadDeps, upload } from './upload.ts';
import { conversationKey, isSameTalk, localeOf } from './user-message.ts';

/** What saving files takes. */
export interface FileSaverDeps extends SendOptions, Omit<UploadDeps, 'stopping'> {
  readonly audioStore: AudioStore;
  readonly ids: Ids;
}

/** The offer of one file: to whom, and what became of it. */
interface Offer {
  readonly conversation: string;
  readonly audioId: string;
  state: 'open' | 'saving' | 'saved' | 'declined';
}

const MAX_OFFERS = 10_000;

/**
 * Puts the sound of an answer among the user's own files, in three steps: the user asks, we offer, the user agrees.
 * An offer carries a seal of its sound, by which every instance knows it as ours. It is good for one file, as far as one
 * process can see: another one would ask the file service once more, which takes each upload once.
 */
export class FileSaver {
  readonly #deps: FileSaverDeps;
  readonly #offers = new LRUCache<string, Offer>(lruOptions(MAX_OFFERS));

  constructor(deps: FileSaverDeps) {
    this.#deps = deps;
  }

  /** The user pressed "Save": Teams wants to ask once more, with what it knows of the file. */
  async offer(context: TurnContext, audioId: string): Promise<void> {
    const { ids, audioStore } = this.#deps;
    const messages = messagesFor(localeOf(context.activity));
    const audio = await soundOf(context.activity, audioId, audioStore);
    if (audio === undefined) return this.#say(context, messages.audio.gone);
    const conversation = conversationKey(context.activity);
    const id = ids.secret();
    const offerId = `${id}.${signText(id, audio)}`;
    this.#offers.set(offerId, { conversation, audioId, state: 'open' });
    await this.#sendCard(context, consentCard(audio, offerId, messages), messages.audio.notSaved);
  }

  /**
   * The user answered an offer. Settles once the file is there and shown, or the user was told why it is not; `stopping`
   * ends it early. What it rejects with is for the log.
   */
  async settle(context: TurnContext, consent: FileConsent, stopping: AbortSignal): Promise<void> {
    const messages = messagesFor(localeOf(context.activity));
    const offer = await this.#offerOf(context, consent);
    if (offer === undefined || offer.state === 'declined') {
      if (consent.place !== undefined) await this.#say(context, messages.audio.notSaved);
      return;
    }
    switch (offer.state) {
      case 'open':
        await this.#answer(context, offer, consent, messages, stopping);
        return;
      case 'saving':
        return this.#say(context, messages.audio.saving);
      case 'saved':
        if (consent.place !== undefined) await this.#say(context, messages.audio.savedBefore);
        await this.#removeCard(context, consent.cardId);
    }
  }

  async #answer(
    context: TurnContext,
    offer: Offer,
    { cardId, place }: FileConsent,
    messages: Messages,
    stopping: AbortSignal,
  ): Promise<void> {
    offer.state = 'saving';
    let isSaved = false;
    try {
      if (place !== undefined) isSaved = await this.#save(context, offer, place, messages, stopping);
    } finally {
      offer.state = isSaved ? 'saved' : place === undefined ? 'declined' : 'open';
      await this.#removeCard(context, cardId);
    }
  }

  /** False when the user was told why not. */
  async #save(
    context: TurnContext,
    { audioId }: Offer,
    place: UploadPlace,
    messages: Messages,
    stopping: AbortSignal,
  ): Promise<boolean> {
    const audio = await soundOf(context.activity, audioId, this.#deps.audioStore);
    const wav = audio && (await this.#deps.audioStore.read(audio.id));
    if (wav === undefined || !(await this.#upload(wav, place, stopping))) {
      await this.#say(context, wav === undefined ? messages.audio.gone : messages.audio.notSaved);
      return false;
    }
    await this.#sendCard(context, fileCard(place), messages.audio.saved);
    return true;
  }

  async #upload(wav: Buffer, { uploadUrl }: UploadPlace, stopping: AbortSignal): Promise<boolean> {
    try {
      await upload(uploadUrl, wav, { ...this.#deps, stopping });
      return true;
    } catch (err) {
      this.#deps.log.warn({ err }, 'a file was not saved');
      return false;
    }
  }

  /** An offer of ours, to these people; perhaps one that another instance has made. */
  async #offerOf({ activity }: TurnContext, { offerId, audioId }: FileConsent): Promise<Offer | undefined> {
    const conversation = conversationKey(activity);
    if (!this.#offers.has(offerId)) {
      const audio = await soundOf(activity, audioId, this.#deps.audioStore);
      const [id = '', mark = ''] = offerId.split('.');
      const isOurs = audio !== undefined && isTextSigned(id, mark, audio);
      if (isOurs && !this.#offers.has(offerId)) this.#offers.set(offerId, { conversation, audioId, state: 'open' });
    }
    const offer = this.#offers.get(offerId);
    if (offer === undefined || offer.audioId !== audioId) return undefined;
    return isSameTalk(offer.conversation, conversation) ? offer : undefined;
  }

  /** The card does not go by itself. One that stays does no harm: its offer is used up. */
  async #removeCard(context: TurnContext, cardId: string | undefined): Promise<void> {
    if (cardId === undefined) return;
    try {
      await limited(context.deleteActivity(cardId), this.#deps);
    } catch (err) {
      this.#deps.log.warn({ err }, 'the offer of a file could not be removed');
    }
  }

  async #say(context: TurnContext, text: string): Promise<void> {
    await limited(context.sendActivity(text), this.#deps);
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
