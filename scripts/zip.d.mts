/** What `zip.mjs` gives to other scripts. */
export function zip(files: readonly { readonly name: string; readonly bytes: Uint8Array }[]): Buffer;
