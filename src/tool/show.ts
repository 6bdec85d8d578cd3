import type { Reply } from '../chat/reply.ts';
import { renderReply } from '../console/render.ts';
import type { Tool } from './command.ts';

/** A reply as the tool writes it: without buttons, and on a terminal with its pictures. */
export async function showReply(tool: Tool, { actions: _buttons, ...reply }: Reply, nowMs: number): Promise<string> {
  const { terminal, translator } = tool;
  const { colour, columns } = terminal;
  const hasPicture = reply.blocks.some(({ kind }) => kind === 'picture');
  const pictures = columns === undefined || !hasPicture ? new Map() : await terminal.pictures(reply);
  return renderReply(reply, { locale: translator.locale, colour, columns, nowMs, pictures });
}
