// Who may import whom (DESIGN section 10), types included. Kept by dependency-cruiser in `npm run check`;
// test/scripts/import-rules.test.ts shows that each rule bites.

/** @typedef {import('dependency-cruiser').IRegularForbiddenRuleType} Rule */

/** Rooms of the house: what the server does, whoever stores, sends or asks. */
const ROOMS = ['otp', 'users', 'session', 'account', 'transaction'];
const TRANSPORTS = ['graphql', 'rest', 'http'];
const ADAPTERS = ['mongo', 'twilio', 'local', 'mail'];
/** The programs: their built names are public. */
const ENTRIES = '^src/(main|import-users|user)\\.ts$';
/** What every room stands on: the loose files, the configuration's types, and the limits. */
const GROUND = ['^src/(?!(main|import-users|user)\\.ts$)[^/]+\\.ts$', '^src/(config|limits)/'];

/** @type {[folder: string, mayImport: string[], reason: string][]} Beside itself and the ground. */
const HOUSE = [
  ['otp', [], 'The heart knows neither who asks for codes, nor who keeps or delivers them.'],
  ['users', [], 'Every other room knows users; users know none of them.'],
  ['session', ['users'], 'Sessions are opened for users, whatever these proved and where.'],
  ['transaction', ['otp', 'users', 'session'], 'A payment is confirmed by a code in a session.'],
  ['account', ['otp', 'users', 'session'], 'A room owns ports: adapters implement and transports call them.'],
  ['import', ['otp', 'users', 'account'], 'The import calls rooms, and a store by its port.'],
  ['telemetry', ROOMS, 'Telemetry wraps the ports of rooms; who asks and who delivers is no matter to it.'],
  ['mongo', [...ROOMS, 'telemetry', 'import'], 'An adapter implements the ports of rooms, and knows no other adapter.'],
  ['twilio', [...ROOMS, 'telemetry'], 'An adapter implements the ports of rooms, and knows no other adapter.'],
  ['mail', [...ROOMS, 'telemetry'], 'An adapter implements the ports of rooms, and knows no other adapter.'],
  [
    'local',
    [...ROOMS, 'telemetry', 'mail'],
    'The local engine hands its codes to the mail server, where there is one.',
  ],
  ['graphql', [...ROOMS, 'telemetry'], 'GraphQL calls rooms, not adapters.'],
  ['http', [...ROOMS, 'telemetry', 'graphql'], 'HTTP carries GraphQL; what is stored and sent is behind ports.'],
  ['rest', ['telemetry', 'graphql', 'http'], 'REST runs GraphQL operations: one set of rules and buckets.'],
  ['compose', [...ROOMS, ...TRANSPORTS, ...ADAPTERS, 'telemetry'], 'Objects are built here, and run by others.'],
  ['commands', [...ROOMS, 'import', 'compose'], 'A command is given its objects by `compose`, as the server is.'],
];

/** @type {[name: string, packages: string, knownBy: string[], reason: string][]} By how the packages' names begin. */
const VENDORS = [
  ['mongodb', 'mongo', ['mongo', 'compose'], 'The database is behind ports.'],
  ['twilio', 'twilio', ['twilio'], 'The provider of codes is behind a port.'],
  ['mail', 'nodemailer', ['mail'], 'The mail server is behind ports.'],
  ['fastify', '@?fastify', ['http', 'rest', 'compose'], 'HTTP ends at the transports.'],
  [
    'graphql',
    '@?graphql|type-graphql|@apollo|@as-integ',
    [...TRANSPORTS, 'compose'],
    'GraphQL ends at the transports.',
  ],
  ['telemetry', 'pino|prom-client', ['telemetry', ...TRANSPORTS, 'compose'], 'A room tells by what it answers.'],
];

/** @param {string[]} names */
const folders = (...names) => `^src/(${names.join('|')})/`;

/** @type {(name: string, comment: string, from: Rule['from'], to: Rule['to']) => Rule} */
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    rule(
      'no-circle',
      'Files that import each other in a circle, be it for types, cannot be read or changed one at a time.',
      {},
      { circular: true },
    ),
    {
      ...rule('no-circle-of-folders', 'Folders that need each other are one room in two places.', {}, {}),
      scope: 'folder',
      to: { circular: true },
    },
    rule(
      'ground',
      'What every room stands on stands on no room.',
      { path: GROUND },
      { path: '^src/', pathNot: GROUND },
    ),
    ...HOUSE.map(([folder, others, reason]) =>
      rule(
        `from-${folder}`,
        reason,
        { path: folders(folder) },
        { path: '^src/', pathNot: [folders(folder, ...others), ...GROUND] },
      ),
    ),
    rule(
      'from-entry',
      'A program hands its environment on to what is composed, and nobody imports it.',
      { path: ENTRIES },
      { path: '^src/', pathNot: folders('config', 'compose', 'commands') },
    ),
    rule(
      'folder-without-rule',
      'A new folder of src says in this file what it may import.',
      { path: '^src/[^/]+/', pathNot: folders('config', 'limits', ...HOUSE.map(([folder]) => folder)) },
      {},
    ),
    rule(
      'config-by-type',
      'What a room needs of the configuration is handed to it: it may know the types.',
      { path: '^src/', pathNot: [folders('config', 'compose', 'commands'), ENTRIES] },
      { path: '^src/config/', dependencyTypesNot: ['type-only'] },
    ),
    rule(
      'account-rooms',
      'The loose files of account stand upon its four rooms, not under them.',
      { path: '^src/account/[^/]+/' },
      { path: '^src/account/[^/]+$' },
    ),
    rule(
      'import-by-its-command',
      'The import is no part of the server: its command and the store of its port alone know it.',
      { path: '^src/', pathNot: '^src/(import/|commands/import-users\\.ts$|mongo/user-import\\.ts$)' },
      { path: '^src/import/' },
    ),
    ...VENDORS.map(([vendor, packages, knownBy, reason]) =>
      rule(
        `vendor-${vendor}`,
        reason,
        { path: '^src/', pathNot: folders(...knownBy) },
        { path: `node_modules/(${packages})` },
      ),
    ),
    rule(
      'production-packages',
      'The server runs where the development packages are not installed.',
      { path: '^src/' },
      { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    ),
    rule(
      'src-alone',
      'What runs in production needs nothing from beside src.',
      { path: '^src/' },
      { pathNot: ['^src/', 'node_modules/'], dependencyTypesNot: ['core', 'unknown'] },
    ),
    rule(
      'emulator-alone',
      'The emulator shares no code with the server that is tested against it.',
      { path: '^emulator/' },
      { pathNot: ['^emulator/', 'node_modules/'], dependencyTypesNot: ['core', 'unknown'] },
    ),
    rule(
      'before-installation',
      'In a fresh clone these run before a package is installed, on a Node that reads no TypeScript.',
      { path: '^scripts/.*\\.mjs$', pathNot: '^scripts/mongod/download-worker\\.mjs$' },
      { pathNot: '^scripts/.*\\.mjs$', dependencyTypesNot: ['core', 'dynamic-import', 'type-import'] },
    ),
    rule(
      'resolvable',
      'An import that leads nowhere is judged by no other rule.',
      // What the bench compares with has packages of its own, installed on demand.
      { pathNot: '^bench/compare/' },
      { couldNotResolve: true },
    ),
  ],
  options: {
    // Imports of types are imports too.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    // For packages of types, such as @graphql-typed-document-node/core.
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types', 'typings'],
    },
  },
};
