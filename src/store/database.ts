import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';

/** The typed connection that the repositories stand on; what they ask is SQL that both databases understand. */
export type Database = Kysely<Tables>;
