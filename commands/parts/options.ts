import type { OptionDefinition } from '../../src/chat/command.ts';

/** Options that several commands share. */
export const modelOption: OptionDefinition = {
  name: 'model',
  description: 'option.model',
  type: 'string',
  required: true,
  maxLength: 200,
  completes: true,
};

export const ctxOption: OptionDefinition = {
  name: 'ctx',
  description: 'option.ctx',
  type: 'context',
  completes: true,
};

export const serverOption: OptionDefinition = {
  name: 'server',
  description: 'option.server',
  type: 'string',
  maxLength: 64,
  completes: true,
};
