/** Written by the build from the built-in list (scripts/build): the list as a browser can unpack it. */
declare module 'headroom:built-in-list' {
  const list: {
    /** Names of the models, in the list's order. */
    readonly names: readonly string[];
    /** All models as base64 of deflated JSON. */
    readonly deflated: string;
  };
  export default list;
}
