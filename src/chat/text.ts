/**
 * Text that a reply carries, free of any chat platform. A plain string is literal: whatever stands in it is shown as
 * it is, an adapter escapes its platform's markup. What shall look different, or comes from the platform, is a span.
 */
export type Span =
  | string
  /** Names that people chose (models, processes, hosts): monospaced, cleaned of control characters. */
  | { readonly code: string }
  | { readonly bold: string }
  /**
   * A person, by platform id, with the name for platforms that do not know the id. Shown as a name, never pings unless
   * the reply lists the person in `ping`.
   */
  | { readonly user: string; readonly name?: string }
  /** A channel, by platform id. */
  | { readonly channel: string }
  /** A moment, epoch milliseconds, shown in the reader's own time zone where the platform can. */
  | { readonly time: number; readonly style: 'relative' | 'short' | 'long' };

export type Text = string | readonly Span[];

/** The text without any markup, for tables, logs and the tests. */
export function plainText(text: Text): string {
  if (typeof text === 'string') {
    return text;
  }
  return text
    .map((span) => {
      if (typeof span === 'string') {
        return span;
      }
      if ('code' in span) {
        return span.code;
      }
      if ('bold' in span) {
        return span.bold;
      }
      if ('user' in span) {
        return span.name ?? `@${span.user}`;
      }
      if ('channel' in span) {
        return `#${span.channel}`;
      }
      return new Date(span.time).toISOString();
    })
    .join('');
}
