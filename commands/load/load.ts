import { type Command, runnable } from '../../src/chat/command.ts';
import { completeContext, completeOwnModel, completeServer } from '../parts/completion.ts';
import { ctxOption, modelOption, serverOption } from '../parts/options.ts';
import type { Services } from '../services.ts';
import { type LoadOptions, loadSchema } from './options.ts';
import { runLoad } from './run.ts';

/** `/load`: loads a model with the largest context that fits, and disturbs nobody. */
export const loadCommand: Command<Services> = {
  name: 'load',
  description: 'load.description',
  run: runnable<Services, typeof loadSchema>({
    description: 'load.description',
    access: 'operator',
    // A load takes as long as the disk needs; its parts are bounded each by itself.
    timeoutMs: null,
    options: [
      modelOption,
      ctxOption,
      serverOption,
      { name: 'keep-alive', description: 'option.keep-alive', type: 'string', maxLength: 40 },
      { name: 'partial', description: 'option.partial', type: 'boolean' },
      { name: 'alias', description: 'option.alias', type: 'string', maxLength: 200 },
    ],
    schema: loadSchema,
    run: (context, options: LoadOptions) => runLoad(context, options),
    complete: (context, request) => {
      if (request.option === 'model') {
        return completeOwnModel(context, request);
      }
      if (request.option === 'ctx') {
        return completeContext(context, request);
      }
      return completeServer(context, request);
    },
  }),
};
