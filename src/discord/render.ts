import type { APIMessageTopLevelComponent, RESTPostAPIChannelMessageJSONBody } from 'discord.js';
import { ButtonStyle, ComponentType, MessageFlags } from 'discord.js';
import type { Log } from '../base/log.ts';
import { withoutInvisible } from '../base/text.ts';
import type { ActionRegistry } from '../chat/actions.ts';
import type { Locale } from '../chat/locale.ts';
import type { Action, Block, Picture, Reply, Tone } from '../chat/reply.ts';
import { cutToWidth, layOutTable } from '../chat/table.ts';
import type { Text } from '../chat/text.ts';
import { createTranslator, type Translator } from '../chat/translate.ts';
import { loggable } from './failures.ts';
import { LIMITS } from './limits.ts';
import { codeBlock, escapeMarkdown, textMarkdown, textMarkdownWithin, userMention } from './markdown.ts';

/** Okabe and Ito's palette: told apart by colour-blind people, visible on the dark and the light theme. */
const COLOUR: Readonly<Record<Tone, number>> = { good: 0x009e73, warning: 0xe69f00, bad: 0xd55e00, neutral: 0x0072b2 };
/** The tone once more as a sign: colour alone must not carry it. */
const SIGN: Readonly<Record<Tone, string>> = { good: '✅', warning: '⚠️', bad: '❌', neutral: 'ℹ️' };
const STYLE = {
  primary: ButtonStyle.Primary,
  secondary: ButtonStyle.Secondary,
  success: ButtonStyle.Success,
  danger: ButtonStyle.Danger,
} as const;
/** Buttons of this bot begin so; the token follows. */
export const CUSTOM_ID_PREFIX = 'headroom:';
const TITLE_CHARS = 1_000;
/** Cells of a line of code that a phone shows without breaking it. */
const TABLE_CELLS = 40;
/** Cells of one name that is written out whole beneath its table, and most such names. */
const NAME_CELLS = 200;
const MAX_WHOLE_NAMES = 10;
/** Rows looked at; far fewer fit into a message. */
const MAX_ROWS = 500;
/** Kept free for the line that says how much is left out. */
const MORE_CHARS = 60;

/** A message as Discord's API takes it, for posts and edits alike. */
export interface RenderedMessage {
  readonly body: Pick<
    RESTPostAPIChannelMessageJSONBody,
    'components' | 'flags' | 'allowed_mentions' | 'attachments'
  > & {
    readonly components: APIMessageTopLevelComponent[];
  };
  readonly files: readonly { readonly name: string; readonly data: Buffer; readonly contentType: string }[];
  /** Tokens of the buttons, to be handed over when the same message is rendered again. */
  readonly tokens: readonly string[];
}

export interface RenderContext {
  readonly locale: Locale;
  readonly actions: ActionRegistry;
  readonly log: Log;
  /** Tokens of the message's previous version. */
  readonly previousTokens?: readonly string[];
  /** A line before everything else, such as who is meant. */
  readonly preface?: Text;
  /** Largest attachment, bytes. */
  readonly attachmentBytes?: number;
}

type Part = { kind: 'text'; lines: string[] } | { kind: 'divider' } | { kind: 'picture'; name: string; alt: string };
type RenderedFile = RenderedMessage['files'][number];

/** Text within the message's budget of characters and components. */
class Builder {
  readonly parts: Part[] = [];
  chars: number;
  components: number;
  readonly translator: Translator;

  constructor(chars: number, components: number, translator: Translator) {
    this.chars = chars;
    this.components = components;
    this.translator = translator;
  }

  /** Adds a line if it fits, with its line end. */
  addLine(line: string): boolean {
    const last = this.parts.at(-1);
    const opens = last?.kind !== 'text';
    // Discord refuses a text without anything to see.
    if (opens && line.trim() === '') {
      return true;
    }
    if (line.length + 1 > this.chars || (opens && this.components < 1)) {
      return false;
    }
    if (opens) {
      this.parts.push({ kind: 'text', lines: [line] });
      this.components -= 1;
    } else {
      last.lines.push(line);
    }
    this.chars -= line.length + 1;
    return true;
  }

  addPart(part: Part, components: number): boolean {
    if (components > this.components) {
      return false;
    }
    this.parts.push(part);
    this.components -= components;
    return true;
  }

  more(count: number): string {
    return this.translator.t('discord.more', { count });
  }
}

/**
 * Renders a reply as one Components V2 message. Whatever a reply holds, the result is within Discord's limits: text
 * that does not fit is cut with a line that says how much is missing; a picture that cannot be drawn becomes its
 * description.
 */
export async function renderReply(reply: Reply, context: RenderContext): Promise<RenderedMessage> {
  const translator = createTranslator(context.locale);
  const shownActions = (reply.actions ?? []).slice(0, LIMITS.buttonsPerRow * LIMITS.buttonRows);
  const rows = Math.ceil(shownActions.length / LIMITS.buttonsPerRow);
  const builder = new Builder(LIMITS.textChars, LIMITS.components - 1 - rows - shownActions.length, translator);

  if (context.preface !== undefined) {
    builder.addLine(textMarkdownWithin(context.preface, TITLE_CHARS));
  }
  const missing = unmentioned(reply, context.preface);
  if (missing.length > 0) {
    builder.addLine(missing.map((id) => userMention(id)).join(' '));
  }
  const title = textMarkdownWithin(reply.title, TITLE_CHARS).replaceAll('\n', ' ');
  builder.addLine(`### ${SIGN[reply.tone]} ${title}`);

  builder.chars -= MORE_CHARS;
  const files = await addBlocks(reply.blocks, builder, context);
  const tokens = context.actions.issue(shownActions, context.previousTokens);
  const body: RenderedMessage['body'] = {
    flags: MessageFlags.IsComponentsV2,
    components: [
      {
        type: ComponentType.Container,
        accent_color: COLOUR[reply.tone],
        components: [...builder.parts.map(toComponent), ...buttonRows(shownActions, tokens)],
      },
    ],
    allowed_mentions: { parse: [], users: mentioned(reply) },
    attachments: files.map((file, id) => ({ id, filename: file.name })),
  };
  return { body, files, tokens };
}

async function addBlocks(blocks: readonly Block[], builder: Builder, context: RenderContext): Promise<RenderedFile[]> {
  const files: RenderedFile[] = [];
  for (const [index, block] of blocks.entries()) {
    const fits =
      block.kind === 'picture' ? await addPicture(block.picture, builder, files, context) : addBlock(block, builder);
    if (fits) {
      continue;
    }
    // The reserve that was kept for this line.
    builder.chars += MORE_CHARS;
    builder.addLine(builder.more(blocks.length - index));
    break;
  }
  return files;
}

/** Adds a block as far as it fits. False when nothing of it could be added. */
function addBlock(block: Exclude<Block, { kind: 'picture' }>, builder: Builder): boolean {
  switch (block.kind) {
    case 'divider':
      // A divider that does not fit is no loss.
      builder.addPart({ kind: 'divider' }, 1);
      return true;
    case 'heading':
      return builder.addLine(`**${headingMarkdown(block.text)}**`);
    case 'text':
      return addText(block.text, builder, (line) => line);
    case 'small':
      return addText(block.text, builder, (line) => `-# ${line}`);
    case 'list':
      return addItems(block.items, builder);
    case 'table': {
      const shown = block.rows.slice(0, MAX_ROWS);
      const rows = shown.map((row) => row.map((cell) => cutToWidth(cellText(cell), NAME_CELLS)));
      const columns = block.columns.map((column) => ({ ...column, title: cellText(column.title) }));
      const { lines, headLines, shortened } = layOutTable(columns, rows, TABLE_CELLS);
      const names = shortened.slice(0, MAX_WHOLE_NAMES);
      return (
        addCode(lines, headLines, block.rows.length - shown.length, builder) &&
        names.every((name) => addText([{ code: name }], builder, (line) => `-# ${line}`))
      );
    }
    case 'code':
      return addCode(block.text.split('\n'), 0, 0, builder);
  }
}

function cellText(text: string): string {
  return withoutInvisible(text).replaceAll('\n', ' ');
}

function headingMarkdown(text: Text): string {
  if (typeof text === 'string') {
    return escapeMarkdown(text);
  }
  // Bold inside bold would end the outer one.
  return textMarkdown(text.map((span) => (typeof span === 'object' && 'bold' in span ? span.bold : span)));
}

function addText(text: Text, builder: Builder, dress: (line: string) => string): boolean {
  const lines = textMarkdown(text).split('\n').map(dress);
  const chars = lines.reduce((sum, line) => sum + line.length + 1, 0);
  if (chars <= builder.chars) {
    return lines.every((line) => builder.addLine(line));
  }
  const room = builder.chars - lines.length * (dress('').length + 1);
  if (room < MORE_CHARS) {
    return false;
  }
  const cut = textMarkdownWithin(text, room);
  return cut
    .split('\n')
    .map(dress)
    .every((line) => builder.addLine(line));
}

function addItems(items: readonly Text[], builder: Builder): boolean {
  for (const [index, item] of items.entries()) {
    const line = `- ${textMarkdown(item).replaceAll('\n', ' ')}`;
    const reserve = index === items.length - 1 ? 0 : MORE_CHARS;
    if (line.length + reserve < builder.chars && builder.addLine(line)) {
      continue;
    }
    if (index === 0) {
      return false;
    }
    return builder.addLine(builder.more(items.length - index));
  }
  return true;
}

/** A monospaced block; `headLines` at its start are no items, `unseen` lines would follow. */
function addCode(lines: readonly string[], headLines: number, unseen: number, builder: Builder): boolean {
  const whole = codeBlock(lines);
  if (unseen === 0 && whole.length + 1 <= builder.chars) {
    return builder.addLine(whole);
  }
  let kept = 0;
  let room = builder.chars - codeBlock([]).length - MORE_CHARS - 1;
  for (const line of lines) {
    room -= line.length + 1;
    if (room < 0) {
      break;
    }
    kept += 1;
  }
  if (kept <= headLines) {
    return false;
  }
  // Breaking mass mentions and the like adds characters now and then, so the size is checked once more.
  while (kept > headLines) {
    const block = codeBlock(lines.slice(0, kept));
    const more = builder.more(lines.length - kept + unseen);
    if (block.length + more.length + 2 <= builder.chars) {
      return builder.addLine(block) && builder.addLine(more);
    }
    kept -= 1;
  }
  return false;
}

/** Pictures drawn so far: a reply that takes another way is rendered again, its pictures are not. */
const drawn = new WeakMap<Picture, Promise<Buffer>>();

function draw(picture: Picture): Promise<Buffer> {
  const known = drawn.get(picture);
  if (known !== undefined) {
    return known;
  }
  const data = (async () => Buffer.from(await picture.png()))();
  drawn.set(picture, data);
  return data;
}

async function addPicture(
  picture: Picture,
  builder: Builder,
  files: RenderedFile[],
  context: RenderContext,
): Promise<boolean> {
  const alt = withoutInvisible(picture.alt).slice(0, LIMITS.altTextChars).toWellFormed();
  // A gallery counts as a component, and its item is counted too to be on the safe side.
  if (files.length >= LIMITS.attachments || builder.components < 2) {
    return false;
  }
  try {
    const data = await draw(picture);
    if (data.length > (context.attachmentBytes ?? LIMITS.attachmentBytes)) {
      throw new Error(`the picture has ${data.length} bytes, more than an attachment may have`);
    }
    const name = uniqueName(picture.name, files);
    builder.addPart({ kind: 'picture', name, alt }, 2);
    files.push({ name, data, contentType: 'image/png' });
    return true;
  } catch (error) {
    context.log.warn({ err: loggable(error), picture: picture.name }, 'a picture could not be drawn');
    return addText([builder.translator.t('discord.picture-missing', { alt })], builder, (line) => `-# ${line}`);
  }
}

function uniqueName(name: string, files: readonly RenderedFile[]): string {
  const base =
    name
      .replace(/\.png$/i, '')
      .toLowerCase()
      .replace(/[^a-z0-9-]+/g, '-')
      .slice(0, 60) || 'picture';
  const candidate = `${base}.png`;
  return files.some((file) => file.name === candidate) ? `${base}-${files.length + 1}.png` : candidate;
}

function toComponent(part: Part) {
  switch (part.kind) {
    case 'text':
      return { type: ComponentType.TextDisplay as const, content: part.lines.join('\n') };
    case 'divider':
      return { type: ComponentType.Separator as const };
    case 'picture': {
      const description = part.alt === '' ? {} : { description: part.alt };
      return {
        type: ComponentType.MediaGallery as const,
        items: [{ media: { url: `attachment://${part.name}` }, ...description }],
      };
    }
  }
}

function buttonRows(actions: readonly Action[], tokens: readonly string[]) {
  const buttons = actions.map((action, index) => ({
    type: ComponentType.Button as const,
    style: STYLE[action.style],
    label: cutLabel(action.label, LIMITS.buttonLabelChars),
    custom_id: `${CUSTOM_ID_PREFIX}${tokens[index]}`,
  }));
  const rows = [];
  for (let start = 0; start < buttons.length; start += LIMITS.buttonsPerRow) {
    rows.push({
      type: ComponentType.ActionRow as const,
      components: buttons.slice(start, start + LIMITS.buttonsPerRow),
    });
  }
  return rows;
}

/** A label in one line, cut to a number of characters; never empty, because Discord refuses that. */
export function cutLabel(label: string, maxChars: number): string {
  const clean = withoutInvisible(label).replaceAll('\n', ' ').trim();
  if (clean === '') {
    return '…';
  }
  return clean.length > maxChars ? `${clean.slice(0, maxChars - 1).toWellFormed()}…` : clean;
}

function mentioned(reply: Reply): string[] {
  return [...new Set(reply.ping ?? [])].filter((id) => /^\d{15,21}$/.test(id)).slice(0, LIMITS.mentions);
}

/** People to notify whom the text does not name: Discord notifies only those it finds in the text. */
function unmentioned(reply: Reply, preface: Text = ''): string[] {
  const named = new Set<string>();
  const collect = (text: Text) => {
    if (typeof text === 'string') {
      return;
    }
    for (const span of text) {
      if (typeof span === 'object' && 'user' in span) {
        named.add(span.user);
      }
    }
  };
  collect(preface);
  collect(reply.title);
  for (const block of reply.blocks) {
    if (block.kind === 'text' || block.kind === 'heading' || block.kind === 'small') {
      collect(block.text);
    }
    if (block.kind === 'list') {
      block.items.forEach(collect);
    }
  }
  return mentioned(reply).filter((id) => !named.has(id));
}
