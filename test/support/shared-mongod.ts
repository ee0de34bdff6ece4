/** The address of a database of this name in the mongod that global-setup.ts started. */
export function sharedMongodUri(database: string): string {
  const uri = process.env['TEST_MONGODB_URI'];
  if (!uri) throw new Error('TEST_MONGODB_URI is not set: run tests through `npm test` or jest with its global setup');
  const url = new URL(uri);
  url.pathname = `/${database}`;
  return url.toString();
}
