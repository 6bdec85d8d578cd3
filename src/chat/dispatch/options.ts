import type { z } from 'zod';
import { readContextLength } from '../../base/context-length.ts';
import { type Attachment, isAttachment } from '../attachment.ts';
import type { OptionDefinition } from '../command.ts';
import type { OptionValue } from '../reply.ts';
import { isMessageKey, type Translator } from '../translate.ts';
import { ExplainedError, type Explanation, explainError } from './errors.ts';

/** What may stand in an option: what people type, or a file that they send along. */
export type RawValue = OptionValue | Attachment;
type RawOptions = Readonly<Record<string, RawValue | null | undefined>>;

/** Characters of a refused value that are repeated to the person. */
const SHOWN_VALUE_CHARS = 100;
/** Longest text an option may carry when its definition says nothing (Discord's own bound). */
const MAX_TEXT_CHARS = 6_000;
const TRUE_WORDS = ['true', 'yes', 'on', '1'];
const FALSE_WORDS = ['false', 'no', 'off', '0'];

/**
 * Checks options against their definitions and then the command's schema; whatever a platform has checked before is
 * not trusted. Text that stands for a number or a yes is read as such, because a terminal has only text.
 * @param fileAt a file by its path, on a platform that offers it
 * @returns the schema's output
 * @throws ExplainedError in words for the person
 */
export function validateOptions(
  commandName: string,
  definitions: readonly OptionDefinition[],
  schema: z.ZodType,
  raw: RawOptions,
  translator: Translator,
  fileAt?: (path: string) => Attachment,
): unknown {
  const values: Record<string, RawValue> = {};
  for (const [name, value] of Object.entries(raw)) {
    if (value === undefined || value === null) {
      continue;
    }
    const definition = definitions.find((candidate) => candidate.name === name);
    if (definition === undefined) {
      throw new ExplainedError('error.unknown-option', {
        command: { code: commandName },
        option: { code: shown(name) },
        options: definitions.map((option) => option.name).join(', ') || '–',
      });
    }
    values[name] = checkOption(definition, value, translator, fileAt);
  }
  for (const definition of definitions) {
    if (definition.required === true && values[definition.name] === undefined) {
      throw new ExplainedError('error.missing-option', { option: { code: definition.name } });
    }
  }
  const parsed = schema.safeParse(values);
  if (parsed.success) {
    return parsed.data;
  }
  throw explainIssue(parsed.error.issues[0], values, translator);
}

/** Checks what a button carries. It was made by the bot itself, so a fault here is a fault of the bot. */
export function validatePayload(schema: z.ZodType, payload: unknown): unknown {
  return schema.parse(payload);
}

function badOption(option: string, value: unknown, why: string): ExplainedError {
  return new ExplainedError('error.bad-option', { option: { code: option }, value: { code: shown(value) }, why });
}

function shown(value: unknown): string {
  const text = String(value);
  return text.length > SHOWN_VALUE_CHARS ? `${text.slice(0, SHOWN_VALUE_CHARS)}…` : text;
}

function checkOption(
  definition: OptionDefinition,
  raw: RawValue,
  translator: Translator,
  fileAt: ((path: string) => Attachment) | undefined,
): RawValue {
  const bad = (why: string) => badOption(definition.name, isAttachment(raw) ? raw.name : raw, why);
  const value = readValue(definition, raw, fileAt);
  if (value === null) {
    throw bad(translator.t(`why.${definition.type}`));
  }
  if (definition.choices !== undefined && !definition.choices.some((choice) => choice.value === value)) {
    throw bad(translator.t('why.choices', { choices: definition.choices.map((choice) => choice.value).join(', ') }));
  }
  if (typeof value === 'number') {
    const { min, max } = definition;
    if (min !== undefined && value < min) {
      throw bad(translator.t('why.min', { min }));
    }
    if (max !== undefined && value > max) {
      throw bad(translator.t('why.max', { max }));
    }
  }
  if (typeof value === 'string') {
    const max = definition.maxLength ?? MAX_TEXT_CHARS;
    if (value.length > max) {
      throw bad(translator.t('why.too-long', { max }));
    }
    if (value.trim() === '' && definition.required === true) {
      throw bad(translator.t('why.empty'));
    }
  }
  return value;
}

function readValue(
  definition: OptionDefinition,
  raw: RawValue,
  fileAt: ((path: string) => Attachment) | undefined,
): RawValue | null {
  if (definition.type === 'attachment') {
    return isAttachment(raw) ? raw : typeof raw === 'string' && raw !== '' ? (fileAt?.(raw) ?? null) : null;
  }
  if (isAttachment(raw)) {
    return null;
  }
  switch (definition.type) {
    case 'string':
    case 'channel':
      return typeof raw === 'boolean' ? null : String(raw);
    case 'context':
      return typeof raw === 'boolean' ? null : readContextLength(String(raw));
    case 'boolean': {
      if (typeof raw === 'boolean') {
        return raw;
      }
      const word = String(raw).trim().toLowerCase();
      if (TRUE_WORDS.includes(word)) {
        return true;
      }
      return FALSE_WORDS.includes(word) ? false : null;
    }
    case 'integer':
    case 'number': {
      if (typeof raw === 'boolean') {
        return null;
      }
      const text = String(raw).trim();
      const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
      if (!Number.isFinite(number)) {
        return null;
      }
      return definition.type === 'integer' && !Number.isSafeInteger(number) ? null : number;
    }
  }
}

function explainIssue(
  issue: z.core.$ZodIssue | undefined,
  values: Readonly<Record<string, RawValue>>,
  translator: Translator,
): ExplainedError {
  const option = issue === undefined ? undefined : issue.path[0];
  if (issue === undefined || option === undefined) {
    const words = issue === undefined ? null : explainMessage(issue);
    return new ExplainedError(words?.key ?? 'error.bad-options', words?.params ?? {});
  }
  const name = String(option);
  const value = values[name] ?? '';
  return badOption(name, isAttachment(value) ? value.name : value, issueWords(issue, translator));
}

function explainMessage(issue: z.core.$ZodIssue): Explanation | null {
  const params = issue.code === 'custom' ? issue.params : undefined;
  return explainError(Object.assign(new Error(issue.message), { code: issue.message, params }));
}

/** A schema's message may be a key of the message table; zod's own messages are put into our words. */
function issueWords(issue: z.core.$ZodIssue, translator: Translator): string {
  if (isMessageKey(issue.message)) {
    const words = explainMessage(issue);
    if (words !== null) {
      return translator.t(words.key, words.params);
    }
  }
  switch (issue.code) {
    case 'too_small':
      return issue.origin === 'string'
        ? translator.t('why.too-short', { min: Number(issue.minimum) })
        : translator.t('why.min', { min: Number(issue.minimum) });
    case 'too_big':
      return issue.origin === 'string'
        ? translator.t('why.too-long', { max: Number(issue.maximum) })
        : translator.t('why.max', { max: Number(issue.maximum) });
    case 'invalid_value':
      return translator.t('why.choices', { choices: issue.values.map(String).join(', ') });
    default:
      return translator.t('why.format');
  }
}
