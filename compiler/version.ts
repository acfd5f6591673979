/** The version messages speak of; the test of the package compares it with package.json. */
export const version = "0.1.0";
