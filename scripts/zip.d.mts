/** What `zip.mjs` gives to tests and other scripts. */
export function crc32(bytes: Uint8Array): number;
export function zip(files: readonly { readonly name: string; readonly bytes: Uint8Array }[]): Buffer;
