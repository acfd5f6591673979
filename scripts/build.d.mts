/** What `build.mjs` gives to tests and other scripts. */
export const root: string;
export function buildPackage(folder?: string): Promise<void>;
