import type { ActionHandler, Command } from '../src/chat/command.ts';
import { doctorCommand } from './doctor.ts';
import { fitCommand, fitExplain } from './fit.ts';
import { helpCommand } from './help.ts';
import { modelsCommand, modelsPage } from './models.ts';
import { psCommand } from './ps.ts';
import type { Services } from './services.ts';
import { vramCommand } from './vram.ts';

/** Every command, in the order in which /help lists them. */
export const commands: readonly Command<Services>[] = [
  fitCommand,
  psCommand,
  vramCommand,
  modelsCommand,
  doctorCommand,
  helpCommand,
];

/** What buttons call by name. */
export const actionHandlers: readonly ActionHandler<Services>[] = [fitExplain, modelsPage];
