import { z } from 'zod';
import { type Command, runnable } from '../../src/chat/command.ts';
import { DEFAULT_LIFE_MS, MAX_LIFE_MS } from '../../src/schedule/watches/watches.ts';
import { completeContext, completeModel, completeServer } from '../parts/completion.ts';
import { ctxOption, modelOption, serverOption } from '../parts/options.ts';
import type { Services } from '../services.ts';
import { listReply, stopReply } from './list.ts';
import { whenFits } from './when-fits.ts';
import { whenFree } from './when-free.ts';

const HOUR_MS = 3_600_000;
const MAX_HOURS = MAX_LIFE_MS / HOUR_MS;
const MAX_GIB = 65_536;

const server = z.string().trim().min(1).max(64).optional();
const lifeMs = z
  .number()
  .int()
  .min(1)
  .max(MAX_HOURS)
  .default(DEFAULT_LIFE_MS / HOUR_MS);

const fitsSchema = z.object({
  model: z.string().trim().min(1).max(200),
  ctx: z.number().int().min(1).max(100_000_000).optional(),
  server,
  hours: lifeMs,
});
const freeSchema = z.object({ gib: z.number().positive().max(MAX_GIB), server, hours: lifeMs });
const stopSchema = z.object({ id: z.number().int().min(1) });

const hoursOption = {
  name: 'hours',
  description: 'notify.option.hours',
  type: 'integer',
  min: 1,
  max: MAX_HOURS,
} as const;

/** `/notify`: tells a person once when something fits or memory is free. */
export const notifyCommand: Command<Services> = {
  name: 'notify',
  description: 'notify.description',
  example: '/notify when-fits gemma3:12b ctx:32768',
  subcommands: {
    'when-fits': runnable<Services, typeof fitsSchema>({
      description: 'notify.when-fits.description',
      access: 'everyone',
      acts: true,
      options: [modelOption, ctxOption, serverOption, hoursOption],
      schema: fitsSchema,
      run: (context, options) => whenFits(context, { ...options, lifeMs: options.hours * HOUR_MS }),
      complete: (context, request) => {
        if (request.option === 'model') {
          return completeModel(context, request);
        }
        if (request.option === 'ctx') {
          return completeContext(context, request);
        }
        return completeServer(context, request);
      },
    }),
    'when-free': runnable<Services, typeof freeSchema>({
      description: 'notify.when-free.description',
      access: 'everyone',
      acts: true,
      options: [
        { name: 'gib', description: 'notify.option.gib', type: 'number', required: true, min: 0.1, max: MAX_GIB },
        serverOption,
        hoursOption,
      ],
      schema: freeSchema,
      run: (context, options) => whenFree(context, { ...options, lifeMs: options.hours * HOUR_MS }),
      complete: completeServer,
    }),
    list: runnable<Services, z.ZodObject>({
      description: 'notify.list.description',
      access: 'everyone',
      private: true,
      options: [],
      schema: z.object({}),
      run: (context) => listReply(context),
    }),
    stop: runnable<Services, typeof stopSchema>({
      description: 'notify.stop.description',
      access: 'everyone',
      acts: true,
      private: true,
      options: [{ name: 'id', description: 'notify.option.id', type: 'integer', required: true, min: 1 }],
      schema: stopSchema,
      run: (context, options) => stopReply(context, options.id),
    }),
  },
};
