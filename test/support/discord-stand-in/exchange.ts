import { type Message, messageText } from './world.ts';

/** The bot's first reaction to an interaction. */
export interface Acknowledgement {
  /** Discord's callback type: 4 answer, 5 thinking, 6 update, 8 choices. */
  readonly type: number;
  readonly at: number;
  readonly private: boolean;
  readonly choices: readonly { readonly name: string; readonly value: string | number }[];
}

/** One state of a message, as people saw it. */
export interface Seen {
  readonly at: number;
  readonly how: 'answer' | 'edit' | 'follow-up' | 'bot-edit' | 'post' | 'deleted';
  readonly text: string;
  readonly message: Message;
}

/** Somebody's command, button or completion, and all that came of it. */
export class Exchange {
  readonly id: string;
  readonly token: string;
  readonly userId: string;
  readonly channelId: string;
  readonly sentAt: number;
  readonly kind: 'command' | 'button' | 'completion';
  /** Type of the option that is completed. */
  readonly optionType: number;
  acknowledgement: Acknowledgement | null = null;
  /** The answer's message; for an update the button's. */
  original: Message | null = null;
  readonly seen: Seen[] = [];
  readonly #listeners = new Set<() => void>();

  constructor(
    fields: Pick<Exchange, 'id' | 'token' | 'userId' | 'channelId' | 'kind' | 'optionType'> & { original?: Message },
  ) {
    this.id = fields.id;
    this.token = fields.token;
    this.userId = fields.userId;
    this.channelId = fields.channelId;
    this.kind = fields.kind;
    this.optionType = fields.optionType;
    this.original = fields.original ?? null;
    this.sentAt = Date.now();
  }

  /** Milliseconds from the interaction to its acknowledgement. */
  get acknowledgedAfterMs(): number | null {
    return this.acknowledgement === null ? null : this.acknowledgement.at - this.sentAt;
  }

  record(how: Seen['how'], message: Message): void {
    this.seen.push({ at: Date.now(), how, text: messageText(message), message });
    this.changed();
  }

  changed(): void {
    for (const listener of this.#listeners) {
      listener();
    }
  }

  acknowledged(timeoutMs = 5_000): Promise<Acknowledgement> {
    return this.#wait(() => this.acknowledgement, timeoutMs, 'the interaction was not acknowledged');
  }

  /** The first state of a message for which `holds` is true; default: any state with text. */
  shows(holds: (seen: Seen) => boolean = ({ text }) => text !== '', timeoutMs = 10_000): Promise<Seen> {
    return this.#wait(() => this.seen.find(holds) ?? null, timeoutMs, 'no such answer was seen');
  }

  #wait<T>(look: () => T | null, timeoutMs: number, complaint: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const check = () => {
        const found = look();
        if (found === null) {
          return;
        }
        this.#listeners.delete(check);
        clearTimeout(timer);
        resolve(found);
      };
      const timer = setTimeout(() => {
        this.#listeners.delete(check);
        const shown = this.seen.map(({ how, text }) => `${how}: ${text.slice(0, 300)}`).join('\n');
        reject(new Error(`${complaint} within ${timeoutMs} ms; seen so far:\n${shown || 'nothing'}`));
      }, timeoutMs);
      this.#listeners.add(check);
      check();
    });
  }
}
