/**
 * The built-in list as a browser can unpack it. There is no such file here: the build writes the module from
 * builtin/models.bin (scripts/build/built-in-list.ts).
 */
declare const list: {
  /** Names of the models, in the list's order. */
  readonly names: readonly string[];
  /** All models as base64 of deflated JSON. */
  readonly deflated: string;
};
export default list;
