import { describe } from 'vitest';
import { openStore } from '../../src/store/store.ts';
import { onEnd } from '../gpus/tools.ts';
import { describeStore } from './every-store.ts';

describe('on SQLite', () => {
  describeStore(async () => {
    const store = await openStore(':memory:');
    onEnd(() => store.close());
    return store;
  });
});
