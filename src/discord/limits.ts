import { MIB } from '../base/bytes.ts';

/**
 * Discord's limits, from its API documentation (August 2026). They are counted by the server; a payload beyond one is
 * refused as a whole, so the renderer cuts instead.
 */
export const LIMITS = {
  /** Characters over all text displays of a message. */
  textChars: 4_000,
  /** Components of a message, nested ones counted. */
  components: 40,
  buttonsPerRow: 5,
  buttonRows: 5,
  buttonLabelChars: 80,
  customIdChars: 100,
  altTextChars: 1_024,
  attachments: 10,
  /** Bytes of one attachment without boosts; an interaction may tell a larger one. */
  attachmentBytes: 10 * MIB,
  choices: 25,
  choiceLabelChars: 100,
  choiceValueChars: 100,
  mentions: 100,
  nonceChars: 25,
  descriptionChars: 100,
  /** After this time an interaction's token is void, milliseconds. */
  tokenLifeMs: 15 * 60 * 1000,
} as const;
