import type { ActionHandler, Command } from '../src/chat/command.ts';
import type { MessageCommand } from '../src/chat/message-command.ts';
import { auditCommand, auditPage } from './audit.ts';
import { benchCommand } from './bench.ts';
import { deleteCommand, deleteConfirm } from './delete.ts';
import { doctorCommand } from './doctor.ts';
import { explainCommand, explainMessage } from './explain/explain.ts';
import { fitCommand, fitExplain, fitLaunch, fitSweep } from './fit/fit.ts';
import { createHelpCommand } from './help.ts';
import { loadHandlers } from './load/handlers.ts';
import { loadCommand } from './load/load.ts';
import { modelsCommand, modelsPage } from './models.ts';
import { notifyCommand } from './notify/notify.ts';
import { keepHandler } from './plan/kept.ts';
import { setLoadHandlers } from './plan/load.ts';
import { planCommand } from './plan/plan.ts';
import { psCommand } from './ps.ts';
import { pullCancel, pullCommand, pullStart } from './pull.ts';
import { reserveCommand } from './reserve/reserve.ts';
import type { Services } from './services.ts';
import { statusCommand } from './status/status.ts';
import { unloadCommand, unloadHandlers } from './unload.ts';
import { vramCommand } from './vram.ts';
import { whyCommand } from './why/why.ts';

/** Every command, in the order in which /help lists them. */
export const commands: readonly Command<Services>[] = [
  fitCommand,
  planCommand,
  explainCommand,
  loadCommand,
  unloadCommand,
  psCommand,
  whyCommand,
  vramCommand,
  modelsCommand,
  benchCommand,
  reserveCommand,
  statusCommand,
  notifyCommand,
  pullCommand,
  deleteCommand,
  auditCommand,
  doctorCommand,
  createHelpCommand(() => commands),
];

/** What can be done with a message that somebody points at. */
export const messageCommands: readonly MessageCommand<Services>[] = [explainMessage];

/** What buttons call by name. */
export const actionHandlers: readonly ActionHandler<Services>[] = [
  fitExplain,
  fitLaunch,
  fitSweep,
  modelsPage,
  pullStart,
  pullCancel,
  deleteConfirm,
  auditPage,
  ...loadHandlers,
  ...setLoadHandlers,
  keepHandler,
  ...unloadHandlers,
];
