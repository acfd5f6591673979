/** What `vsix.mjs` gives to tests. */
export function packExtension(folder?: string): Promise<string>;
