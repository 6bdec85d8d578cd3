/** Models that are no language models: known by the families' names, so that a spelling is not blamed. */

import { spelledKey } from './spelling.ts';

export type OtherKind = 'video' | 'image' | 'speech' | 'music' | 'diffusion';

const KINDS: readonly (readonly [pattern: RegExp, kind: OtherKind])[] = [
  [
    /^(?:hunyuanvideo|wan2|cogvideo|ltxvideo|ltx2|mochi1|opensora|stepvideo|skyreels|animatediff|svd|stablevideo|kandinsky5|longcatvideo)/,
    'video',
  ],
  [
    /^(?:flux|stablediffusion|sd1\.5|sd3|sdxl|qwenimage|hidream|pixart|kolors|hunyuanimage|hunyuandit|zimage|playground|auraflow|sana\d|lumina|dreamshaper)/,
    'image',
  ],
  [
    /^(?:whisper|fasterwhisper|sensevoice|funasr|paraformer|cosyvoice|indextts|chattts|f5tts|kokoro|bark$|xtts|parlertts|audiofly|sovits|gptsovits|wav2vec)/,
    'speech',
  ],
  [/^(?:musicgen|acestep|stableaudio|yue[s\d]|songgeneration|diffrhythm)/, 'music'],
];

/** What kind of model a name means, where it is none that answers in words; undefined otherwise. */
export function otherKind(text: string): OtherKind | undefined {
  const key = spelledKey(text);
  return KINDS.find(([pattern]) => pattern.test(key))?.[1];
}
