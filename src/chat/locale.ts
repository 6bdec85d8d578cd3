/** Languages of the replies. */
export const LOCALES = ['en', 'zh-CN'] as const;
export type Locale = (typeof LOCALES)[number];

/** Maps a person's locale tag (`zh-TW`, `de`, `en-GB`, `zh_CN.UTF-8`) to a language that the replies have. */
export function toLocale(tag: string | null | undefined): Locale {
  return tag?.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en';
}
