/** Units of memory, in bytes: powers of 1024, as people read them everywhere in this project. */
export const KIB = 1024;
export const MIB = 1024 * KIB;
export const GIB = 1024 * MIB;
