import type { OptionDefinition } from '../../src/chat/command.ts';

/** Models of a set as people write them. */
export const modelsOption: OptionDefinition = {
  name: 'models',
  description: 'plan.option.models',
  type: 'string',
  required: true,
  maxLength: 1_000,
  takesRest: true,
  completes: true,
};
