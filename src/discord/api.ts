import {
  type APIApplicationCommandOptionChoice,
  InteractionResponseType,
  MessageFlags,
  type REST,
  type RouteLike,
  Routes,
} from 'discord.js';
import { z } from 'zod';
import { withDeadline } from '../base/wait.ts';
import type { RenderedMessage } from './render.ts';

/** All tries of one request together, milliseconds. */
const TOTAL_TIMEOUT_MS = 40_000;

const idSchema = z.object({ id: z.string() });
/** For an answer still to come Discord tells the message's id alone, for one that is there the message as a whole. */
const callbackSchema = z.object({
  interaction: z.object({ response_message_id: z.string().optional() }).optional(),
  resource: z.object({ message: idSchema.optional() }).optional(),
});

/** What identifies an interaction towards Discord. */
export interface InteractionHandle {
  readonly id: string;
  readonly applicationId: string;
  readonly token: string;
}

/** An interaction's handle as one text, for the store. */
export function writeTicket({ id, applicationId, token }: InteractionHandle): string {
  return [applicationId, id, token].join(' ');
}

/** @returns null when it is no ticket of Discord's */
export function readTicket(ticket: string): InteractionHandle | null {
  const [, applicationId, id, token] = /^(\d+) (\d+) (\S+)$/.exec(ticket) ?? [];
  return applicationId === undefined || id === undefined || token === undefined ? null : { id, applicationId, token };
}

/** The few requests the bot makes for its messages. Errors are those of discord.js and of the transport. */
export class DiscordApi {
  readonly #rest: REST;
  readonly #interactions: REST;

  /**
   * @param rest for what the bot does by its own token
   * @param interactions for what it does by an interaction's token: Discord does not count that into the bot's
   * requests a second, discord.js does, so it has a client of its own
   */
  constructor(rest: REST, interactions: REST) {
    this.#rest = rest;
    this.#interactions = interactions;
  }

  /**
   * Acknowledges: `thinking` shows that an answer comes, `update` leaves the button's message as it is for now.
   * @returns the id of the answer's message, when Discord tells it
   */
  async acknowledge(
    interaction: InteractionHandle,
    how: { readonly kind: 'thinking'; readonly private: boolean } | { readonly kind: 'update' },
  ): Promise<string | null> {
    const body =
      how.kind === 'update'
        ? { type: InteractionResponseType.DeferredMessageUpdate }
        : {
            type: InteractionResponseType.DeferredChannelMessageWithSource,
            ...(how.private ? { data: { flags: MessageFlags.Ephemeral } } : {}),
          };
    const answer = await bounded((signal) =>
      this.#interactions.post(Routes.interactionCallback(interaction.id, interaction.token), {
        body,
        auth: false,
        query: new URLSearchParams({ with_response: 'true' }),
        signal,
      }),
    );
    const parsed = callbackSchema.safeParse(answer);
    return parsed.data?.interaction?.response_message_id ?? parsed.data?.resource?.message?.id ?? null;
  }

  /** Acknowledges with the answer itself, seen by the asker alone. It carries no files. */
  async answerPrivately(interaction: InteractionHandle, message: RenderedMessage): Promise<void> {
    const data = { ...message.body, flags: (message.body.flags ?? 0) | MessageFlags.Ephemeral };
    await bounded((signal) =>
      this.#interactions.post(Routes.interactionCallback(interaction.id, interaction.token), {
        body: { type: InteractionResponseType.ChannelMessageWithSource, data },
        auth: false,
        signal,
      }),
    );
  }

  async offerChoices(
    interaction: InteractionHandle,
    choices: readonly APIApplicationCommandOptionChoice[],
  ): Promise<void> {
    await bounded((signal) =>
      this.#interactions.post(Routes.interactionCallback(interaction.id, interaction.token), {
        body: { type: InteractionResponseType.ApplicationCommandAutocompleteResult, data: { choices } },
        auth: false,
        signal,
      }),
    );
  }

  /** Replaces the interaction's answer (or, after `update`, the message that the button stands on). */
  editOriginal(interaction: InteractionHandle, message: RenderedMessage): Promise<string | null> {
    const route = Routes.webhookMessage(interaction.applicationId, interaction.token, '@original');
    return this.#send(this.#interactions, 'patch', route, message, { auth: false });
  }

  async deleteOriginal(interaction: InteractionHandle): Promise<void> {
    const route = Routes.webhookMessage(interaction.applicationId, interaction.token, '@original');
    await bounded((signal) => this.#interactions.delete(route, { auth: false, signal }));
  }

  /** A further message to an interaction, seen by all. */
  followUp(interaction: InteractionHandle, message: RenderedMessage): Promise<string | null> {
    const route = Routes.webhook(interaction.applicationId, interaction.token);
    const query = new URLSearchParams({ wait: 'true' });
    return this.#send(this.#interactions, 'post', route, message, { auth: false, query });
  }

  /** A further message to an interaction that only the asker sees. */
  followUpPrivately(interaction: InteractionHandle, message: RenderedMessage): Promise<string | null> {
    const flags = (message.body.flags ?? 0) | MessageFlags.Ephemeral;
    return this.#send(
      this.#interactions,
      'post',
      Routes.webhook(interaction.applicationId, interaction.token),
      { ...message, body: { ...message.body, flags } },
      { auth: false, query: new URLSearchParams({ wait: 'true' }) },
    );
  }

  /** Posts to a channel. The nonce keeps a repeated request from making a second message. */
  async createMessage(channelId: string, message: RenderedMessage, nonce: string): Promise<string> {
    const body = { ...message.body, nonce, enforce_nonce: true };
    const id = await this.#send(this.#rest, 'post', Routes.channelMessages(channelId), { ...message, body }, {});
    if (id === null) {
      throw new Error('Discord took a message but told no id');
    }
    return id;
  }

  editMessage(channelId: string, messageId: string, message: RenderedMessage): Promise<string | null> {
    return this.#send(this.#rest, 'patch', Routes.channelMessage(channelId, messageId), message, {});
  }

  async deleteMessage(channelId: string, messageId: string): Promise<void> {
    await bounded((signal) => this.#rest.delete(Routes.channelMessage(channelId, messageId), { signal }));
  }

  /** The channel of direct messages with a person. */
  async openDirect(userId: string): Promise<string> {
    const answer = await bounded((signal) =>
      this.#rest.post(Routes.userChannels(), { body: { recipient_id: userId }, signal }),
    );
    return idSchema.parse(answer).id;
  }

  async #send(
    rest: REST,
    method: 'post' | 'patch',
    route: RouteLike,
    message: RenderedMessage,
    options: { readonly auth?: false; readonly query?: URLSearchParams },
  ): Promise<string | null> {
    const answer = await bounded((signal) =>
      rest[method](route, {
        ...options,
        body: message.body,
        files: message.files.map((file) => ({ ...file })),
        signal,
      }),
    );
    const parsed = idSchema.safeParse(answer);
    return parsed.success ? parsed.data.id : null;
  }
}

/** One request with all its tries, ended when it takes too long. */
function bounded<T>(request: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return withDeadline(TOTAL_TIMEOUT_MS, request);
}
