import type { RenderedMessage } from '../../src/discord/render.ts';

/** Discord's colours on its two themes, as its desktop client shows them. */
const THEMES = {
  dark: { page: '#313338', card: '#2b2d31', text: '#dbdee1', faint: '#949ba4', code: '#1e1f22', line: '#3f4147' },
  light: { page: '#ffffff', card: '#f2f3f5', text: '#313338', faint: '#5c5e66', code: '#e3e5e8', line: '#d4d7dc' },
} as const;
export type Theme = keyof typeof THEMES;
export const THEME_NAMES = Object.keys(THEMES) as Theme[];

/** Points that a phone gives a message. */
export const PHONE_POINTS = 360;

const BUTTON = { 1: '#5865f2', 2: '', 3: '#248046', 4: '#da373c' } as const;

/** The signs before titles, drawn: a machine may have no font with emoji. */
const SIGNS: Readonly<Record<string, readonly [ground: string, sign: string]>> = {
  '✅': ['#3ba55c', '✓'],
  '❌': ['#d83c3e', '✕'],
  '⚠️': ['#e6a700', '!'],
  ℹ️: ['#3b88c3', 'i'],
};

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** How far away a moment is, as Discord's client writes it. */
function relative(seconds: number, nowMs: number, locale: string): string {
  const distance = seconds - nowMs / 1000;
  const units = [
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
  ] as const;
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  for (const [unit, size] of units) {
    if (Math.abs(distance) >= size) {
      return format.format(Math.round(distance / size), unit);
    }
  }
  return format.format(Math.round(distance), 'second');
}

interface Reader {
  readonly locale: string;
  readonly nowMs: number;
  /** Names of people by their ids, as the client knows them. */
  readonly people: Readonly<Record<string, string>>;
}

function inline(text: string, { locale, nowMs, people }: Reader): string {
  const kept: string[] = [];
  const keep = (html: string) => `\ue000${kept.push(html) - 1}\ue000`;
  const marked = text
    .replace(/`([^`\n]+)`/g, (_, code: string) => keep(`<code>${escapeHtml(code)}</code>`))
    .replace(/\\([^a-zA-Z0-9\s])/g, (_, sign: string) => keep(escapeHtml(sign)))
    .replace(/<t:(\d+):R>/g, (_, at: string) => keep(`<time>${relative(Number(at), nowMs, locale)}</time>`))
    .replace(/<t:(\d+):\w>/g, (_, at: string) => {
      const when = new Date(Number(at) * 1000).toLocaleString(locale, {
        dateStyle: 'medium',
        timeStyle: 'short',
        timeZone: 'UTC',
      });
      return keep(`<time>${when}</time>`);
    })
    .replace(/<@(\d+)>/g, (_, id: string) => keep(`<span class="mention">@${escapeHtml(people[id] ?? id)}</span>`));
  const bold = escapeHtml(marked).replace(/\*\*(.+?)\*\*/g, '<b>$1</b>');
  let result = bold;
  // What was kept may hold what was kept before.
  for (let depth = 0; depth < 3; depth += 1) {
    result = result.replace(/\ue000(\d+)\ue000/g, (_, index: string) => kept[Number(index)]!);
  }
  return result;
}

function markdown(content: string, reader: Reader): string {
  const parts = content.split(/```\n([\s\S]*?)\n```\n?/);
  return parts
    .map((part, index) => {
      if (index % 2 === 1) {
        return `<pre>${escapeHtml(part)}</pre>`;
      }
      return part
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => {
          if (line.startsWith('### ')) {
            const sign = Object.keys(SIGNS).find((one) => line.startsWith(`### ${one}`));
            const [ground, mark] = SIGNS[sign ?? ''] ?? ['', ''];
            const drawn = sign === undefined ? '' : `<i class="sign" style="background:${ground}">${mark}</i> `;
            return `<h3>${drawn}${inline(line.slice(4 + (sign?.length ?? -1) + 1), reader)}</h3>`;
          }
          if (line.startsWith('-# ')) {
            return `<p class="small">${inline(line.slice(3), reader)}</p>`;
          }
          return line.startsWith('- ')
            ? `<p class="item">${inline(line.slice(2), reader)}</p>`
            : `<p>${inline(line, reader)}</p>`;
        })
        .join('');
    })
    .join('');
}

type Component = Readonly<Record<string, unknown>> & { readonly type: number };

function component(one: Component, message: RenderedMessage, reader: Reader): string {
  const inner = () =>
    ((one.components ?? []) as Component[]).map((child) => component(child, message, reader)).join('');
  switch (one.type) {
    case 1:
      return `<div class="row">${inner()}</div>`;
    case 2: {
      const colour = BUTTON[one.style as keyof typeof BUTTON];
      const style = colour === '' ? '' : ` style="background:${colour};color:#fff"`;
      return `<span class="button"${style}>${escapeHtml(String(one.label))}</span>`;
    }
    case 10:
      return markdown(String(one.content), reader);
    case 12: {
      const [item] = one.items as readonly { media: { url: string } }[];
      const name = item!.media.url.replace('attachment://', '');
      const file = message.files.find((candidate) => candidate.name === name)!;
      return `<img src="data:image/png;base64,${file.data.toString('base64')}">`;
    }
    case 14:
      return '<hr>';
    case 17: {
      const colour = `#${Number(one.accent_color).toString(16).padStart(6, '0')}`;
      return `<div class="card" style="border-left-color:${colour}">${inner()}</div>`;
    }
    default:
      throw new Error(`the look of component ${one.type} is not known`);
  }
}

/** A message as Discord shows it on one theme, as HTML that stands in a page with {@link pageStyle}. */
export function messageHtml(message: RenderedMessage, theme: Theme, reader: Reader): string {
  const cards = (message.body.components as unknown as Component[])
    .map((one) => component(one, message, reader))
    .join('');
  return `<div class="message ${theme}"><div class="author"><b>Headroom</b> <span class="app">APP</span></div>${cards}</div>`;
}

/** Styles for both themes; `fontUrl` is the font that the pictures use too. */
export function pageStyle(fontUrl: string): string {
  const themes = THEME_NAMES.map((name) => {
    const colour = THEMES[name];
    return `.${name}{background:${colour.page};color:${colour.text}}
      .${name} .card{background:${colour.card};border-color:${colour.line}}
      .${name} pre,.${name} code{background:${colour.code}} .${name} .small,.${name} .small *{color:${colour.faint}}
      .${name} .button{background:${name === 'dark' ? '#4e5058' : '#e3e5e8'};color:${colour.text}}
      .${name} time{background:${colour.code}}`;
  }).join('\n');
  return `@font-face{font-family:Headroom;src:url(${fontUrl})}
    *{box-sizing:border-box} body{margin:0;display:flex;flex-wrap:wrap;align-items:stretch;gap:0;width:${2 * PHONE_POINTS}px}
    .message{width:${PHONE_POINTS}px;padding:10px 8px 12px;font:15px/1.35 "Noto Sans",Headroom,sans-serif}
    .author{padding:0 4px 6px;font-size:15px} .app{background:#5865f2;color:#fff;font-size:10px;border-radius:3px;padding:1px 4px}
    .card{border:1px solid;border-left-width:4px;border-radius:8px;padding:10px 10px 12px}
    h3{font-size:17px;line-height:1.3;margin:0 0 6px} p{margin:4px 0} .small{font-size:12.5px}
    .item{padding-left:16px;position:relative} .item::before{content:"•";position:absolute;left:3px}
    pre{font:12.2px/1.35 "DejaVu Sans Mono","Noto Sans Mono CJK SC",monospace;margin:6px 0;padding:7px;border-radius:4px;white-space:pre-wrap;overflow-wrap:anywhere}
    code{font:0.85em "DejaVu Sans Mono","Noto Sans Mono CJK SC",monospace;border-radius:3px;padding:1px 3px;overflow-wrap:anywhere}
    img{display:block;width:100%;border-radius:8px;margin:6px 0} hr{border:0;border-top:1px solid;opacity:.3}
    .row{display:flex;flex-wrap:wrap;gap:6px;margin-top:8px} .button{border-radius:6px;padding:5px 11px;font-size:14px;font-weight:500}
    .sign{display:inline-block;width:17px;height:17px;border-radius:4px;color:#fff;font:700 12px/17px sans-serif;text-align:center;vertical-align:1px}
    .mention{background:rgba(88,101,242,.3);border-radius:3px;padding:0 2px} time{border-radius:3px;padding:0 2px}
    ${themes}`;
}
