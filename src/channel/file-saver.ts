import type { Attachment, TurnContext } from 'botbuilder';
import { LRUCache } from 'lru-cache';
import type { AudioStore, StoredAudio } from '../audio/audio-store.ts';
import { isTextSigned, signText } from '../audio/signed-links.ts';
import type { Ids } from '../ids.ts';
import { lruOptions } from '../lru-options.ts';
import type { Messages } from '../messages/messages.ts';
import { findAudio } from './audio-delivery.ts';
import { type CallOptions, ChannelCalls } from './channel-calls.ts';
import { consentCard, type FileConsent, fileCard, type UploadTarget } from './file-consent.ts';
import { type UploadDeps, uploadToFileService } from './upload-to-file-service.ts';
import { messagesOf } from './user-message.ts';

export interface FileSaverDeps extends UploadDeps, CallOptions {
  readonly audioStore: AudioStore;
  readonly ids: Ids;
}

const MAX_OFFERS = 10_000;

/**
 * Saves the audio of an answer among the user's own files, in three steps: the user asks, the bot offers, the user
 * agrees. The id of an offer is signed with the key of its audio, so every instance recognizes it. An instance rejects
 * a duplicate from memory; across instances, the file service does: its upload session accepts only one upload.
 */
export class FileSaver {
  readonly #deps: FileSaverDeps;
  /** The answered offers by id. An open offer needs no memory. */
  readonly #answered = new LRUCache<string, 'saving' | 'saved' | 'declined'>(lruOptions(MAX_OFFERS));

  constructor(deps: FileSaverDeps) {
    this.#deps = deps;
  }

  /** Offers the file when the user presses "Save". */
  async offer(context: TurnContext, audioId: string): Promise<void> {
    const { ids, audioStore } = this.#deps;
    const messages = messagesOf(context.activity);
    const calls = new ChannelCalls(context, this.#deps);
    const audio = await findAudio(context.activity, audioId, audioStore);
    if (audio === undefined) {
      await calls.send(messages.audio.gone);
      return;
    }
    const id = ids.secret();
    const card = consentCard(audio, `${id}.${signText(id, audio)}`, messages);
    await this.#sendCard(calls, card, messages.audio.notSaved);
  }

  /**
   * Handles the answer to an offer. Resolves once the file is saved and shown, or the user knows why it is not;
   * `shutdown` ends it early. The caller only logs its errors.
   */
  async handleConsent(context: TurnContext, consent: FileConsent, shutdown: AbortSignal): Promise<void> {
    const { offerId, cardId, target } = consent;
    const messages = messagesOf(context.activity);
    const calls = new ChannelCalls(context, this.#deps);
    const audio = await findAudio(context.activity, consent.audioId, this.#deps.audioStore);
    const state = this.#answered.get(offerId);
    // Somebody who declines gets no explanation.
    const refuse = async (text: string) => {
      if (target !== undefined) await calls.send(text);
    };
    if (state === 'saving') {
      await calls.send(messages.audio.saving);
    } else if (state === 'saved') {
      await refuse(messages.audio.savedBefore);
      await this.#removeCard(calls, cardId);
    } else if (audio === undefined) {
      await refuse(messages.audio.gone);
    } else if (state === 'declined' || !isOffered(offerId, audio)) {
      // The card is not removed: its id is not trusted, since this bot may not have sent it.
      await refuse(messages.audio.notSaved);
    } else {
      await this.#save(calls, consent, audio, messages, shutdown).finally(() => this.#removeCard(calls, cardId));
    }
  }

  async #save(
    calls: ChannelCalls,
    { offerId, target }: FileConsent,
    audio: StoredAudio,
    messages: Messages,
    shutdown: AbortSignal,
  ): Promise<void> {
    this.#answered.set(offerId, target === undefined ? 'declined' : 'saving');
    if (target === undefined) return;
    let isSaved = false;
    try {
      const wav = await this.#deps.audioStore.read(audio.id);
      isSaved = wav !== undefined && (await this.#uploadToFileService(wav, target, shutdown));
      if (isSaved) await this.#sendCard(calls, fileCard(target), messages.audio.saved);
      else await calls.send(wav === undefined ? messages.audio.gone : messages.audio.notSaved);
    } finally {
      if (isSaved) this.#answered.set(offerId, 'saved');
      else this.#answered.delete(offerId);
    }
  }

  async #uploadToFileService(wav: Buffer, { uploadUrl }: UploadTarget, shutdown: AbortSignal): Promise<boolean> {
    try {
      await uploadToFileService(uploadUrl, wav, shutdown, this.#deps);
      return true;
    } catch (err) {
      this.#deps.log.warn({ err }, 'file not saved');
      return false;
    }
  }

  /** Removes the card, which Teams keeps by itself. One that stays does no harm: its offer is answered. */
  async #removeCard(calls: ChannelCalls, cardId: string | undefined): Promise<void> {
    if (cardId === undefined) return;
    await calls.remove(cardId).catch((err: unknown) => this.#deps.log.warn({ err }, 'file offer not removed'));
  }

  /** A text replaces a card that the channel refuses. */
  async #sendCard(calls: ChannelCalls, card: Attachment, text: string): Promise<void> {
    try {
      await calls.sendAttachments([card]);
    } catch (err) {
      this.#deps.log.warn({ err, card: card.contentType }, 'card not sent');
      await calls.send(text);
    }
  }
}

/** Whether an instance of this bot has offered the audio under this id. */
function isOffered(offerId: string, audio: StoredAudio): boolean {
  const [id = '', signature = ''] = offerId.split('.');
  return isTextSigned(id, signature, audio);
}
