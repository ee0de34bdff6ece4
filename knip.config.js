/**
 * Twice in `npm run check`: as it is, and with --production, where tests and measurements do not count as users, so that
 * what only they call is told. The marks `!` say what is left then.
 *
 * @param {{ production?: boolean }} options
 * @returns {import('knip').KnipConfig}
 */
export default ({ production = false }) => ({
  entry: [
    'src/main.ts!',
    'src/import-users.ts!',
    'src/user.ts!',
    'scripts/*.{mjs,ts}!',
    // Of the commands in package.json, most do not count in production.
    ...(production ? ['emulator/main.ts!'] : []),
    'bench/floor/floor.ts',
    'bench/floor/floor-apollo.ts',
    'bench/make-users.ts',
    'test/**/*.test.ts',
  ],
  project: [
    'src/**/*.ts!',
    'scripts/**/*.{mjs,ts}!',
    'emulator/**/*.ts!',
    'bench/**/*.ts',
    'test/**/*.ts',
    'web/**/*.{ts,tsx}',
  ],
  // A limit that runs where it stands may be exported for the tests that stand at its edge.
  ignoreExportsUsedInFile: production,
  ignoreBinaries: ['apt-get', 'mkfifo'],
});
