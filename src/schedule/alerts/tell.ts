import type { Locale } from '../../chat/locale.ts';
import type { MessageKey } from '../../chat/messages/index.ts';
import type { Block, Reply, Tone } from '../../chat/reply.ts';
import { createTranslator, isMessageKey, type MessageParams, type Translator } from '../../chat/translate.ts';
import type { Alert } from '../../store/types.ts';
import { ALERT_KINDS, type AlertKind } from './detector.ts';

const BAD: ReadonlySet<string> = new Set<AlertKind>(['ollama-down', 'gpu-missing', 'gpu-lost', 'driver-mismatch']);

function toParams(alert: Alert, translator: Translator): MessageParams {
  const { server, kind, subject, params } = alert;
  const plain = Object.entries(params).filter(
    (entry): entry is [string, string | number] => typeof entry[1] === 'string' || typeof entry[1] === 'number',
  );
  const name = typeof params.name === 'string' ? `${params.index ?? ''} ${params.name}`.trim() : subject;
  const words: Record<string, MessageParams[string]> = {
    ...Object.fromEntries(plain),
    server: { code: server },
    subject: { code: subject },
    gpu: { code: name },
    process: { code: String(params.process ?? '') },
    user: { code: String(params.user ?? '') },
  };
  if (kind === 'gpu-source-failing') {
    const key = `gpu-error.${String(params.code ?? '')}`;
    words.why = isMessageKey(key) ? translator.t(key, Object.fromEntries(plain)) : String(params.code ?? '');
  }
  if (kind === 'ollama-down') {
    const key = `ollama.${String(params.state ?? '')}`;
    words.why = isMessageKey(key) ? translator.t(key, { server }) : translator.t('ollama.down', { server });
  }
  return words;
}

/** An alert as a message; with an end it says that it is over, how long it lasted, and what it was. */
export function alertReply(alert: Alert, locale: Locale, endedAtMs: number | null): Reply {
  const translator = createTranslator(locale);
  const kind = ALERT_KINDS.find((known) => known === alert.kind);
  const params = toParams(alert, translator);
  const title = kind === undefined ? alert.kind : translator.text(`alert.${kind}` as MessageKey, params);
  const blocks: Block[] = [];
  const began = { time: alert.beganAtMs, style: 'short' } as const;
  if (endedAtMs !== null) {
    blocks.push({ kind: 'text', text: title });
    const lasted = Math.max(0, endedAtMs - alert.beganAtMs);
    blocks.push({ kind: 'small', text: translator.text('alert.lasted', { began, lasted }) });
    const over = kind === undefined ? ('alert.over' as const) : (`alert.over.${kind}` as MessageKey);
    return { tone: 'good', title: translator.text(isMessageKey(over) ? over : 'alert.over', params), blocks };
  }
  const advice = `alert.${alert.kind}.advice`;
  if (alert.kind === 'foreign-memory' && alert.params.process !== undefined) {
    const key = alert.params.user ? 'alert.foreign-memory.who' : 'alert.foreign-memory.process';
    blocks.push({ kind: 'text', text: translator.text(key, params) });
  }
  if (isMessageKey(advice)) {
    blocks.push({ kind: 'text', text: translator.text(advice, params) });
  }
  blocks.push({ kind: 'small', text: translator.text('alert.since', { began }) });
  const tone: Tone = BAD.has(alert.kind) ? 'bad' : 'warning';
  return { tone, title, blocks };
}
