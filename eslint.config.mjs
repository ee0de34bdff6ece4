import eslint from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

// Who may import whom (DESIGN section 10). Rooms know no adapter and no transport; the heart knows nobody.
const ADAPTERS = ['mongo', 'twilio', 'local', 'mail'];
const TRANSPORTS = ['graphql', 'rest', 'http'];
const VENDORS = [
  'mongoose',
  'mongodb',
  'fastify',
  '@fastify/*',
  '@apollo/*',
  '@as-integrations/*',
  'graphql',
  'graphql-*',
  'type-graphql',
  'twilio',
  'nodemailer',
];

/**
 * @param {string[]} files
 * @param {{ folders?: string[], packages?: string[] }} forbidden
 * @param {string} reason
 * @returns {import('eslint').Linter.Config}
 */
const mayNotImport = (files, { folders = [], packages = [] }, reason) => ({
  files,
  rules: {
    '@typescript-eslint/no-restricted-imports': [
      'error',
      {
        patterns: [
          ...(folders.length > 0 ? [{ regex: `^(\\.\\./)+(${folders.join('|')})/`, message: reason }] : []),
          ...(packages.length > 0 ? [{ group: packages, message: reason }] : []),
        ],
      },
    ],
  },
});

export default defineConfig(
  { ignores: ['dist/', 'node_modules/', '.data/', '.cache/', 'coverage/', 'web/generated/', 'src/rest/generated/'] },
  // A project of its own, with its own dependencies.
  { ignores: ['bench/compare/'] },
  eslint.configs.recommended,
  tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // A forgotten `await` in front of a guard is a hole.
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      // `_name` says that a parameter is there for its position only.
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // Interfaces of ports are asynchronous, whatever the adapter does.
      '@typescript-eslint/require-await': 'off',
      // The compiler knows the globals better.
      'no-undef': 'off',
      'no-console': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/main.ts', 'src/import-users.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'Configuration is read once, in src/config; take it from there.',
        },
      ],
      '@typescript-eslint/explicit-module-boundary-types': 'off',
    },
  },
  // The start of a program hands its environment on.
  { files: ['src/user.ts'], rules: { 'no-restricted-properties': 'off' } },
  mayNotImport(
    ['src/otp/**'],
    { folders: [...ADAPTERS, ...TRANSPORTS, 'account', 'session', 'transaction', 'telemetry'], packages: VENDORS },
    'The heart imports no other room, no adapter, no transport and no vendor.',
  ),
  mayNotImport(
    ['src/account/**', 'src/session/**', 'src/transaction/**'],
    { folders: [...ADAPTERS, ...TRANSPORTS, 'telemetry'], packages: VENDORS },
    'A room owns ports; adapters and transports implement and call them, never the reverse.',
  ),
  mayNotImport(
    ['src/mongo/**'],
    { folders: ['twilio', 'local', 'mail', 'rest', 'http'] },
    'An adapter knows one vendor: MongoDB.',
  ),
  mayNotImport(
    ['src/twilio/**', 'src/local/**', 'src/mail/**'],
    { folders: ['mongo', ...TRANSPORTS], packages: ['mongoose', 'mongodb', 'fastify', 'graphql'] },
    'An adapter knows one vendor, and no transport.',
  ),
  mayNotImport(
    ['src/graphql/**'],
    { folders: [...ADAPTERS, 'rest', 'http'], packages: ['mongoose', 'mongodb', 'twilio'] },
    'GraphQL calls rooms, not adapters.',
  ),
  mayNotImport(
    ['src/rest/**'],
    { folders: ADAPTERS, packages: ['mongoose', 'mongodb', 'twilio'] },
    'REST runs GraphQL operations.',
  ),
  mayNotImport(
    ['src/import/**'],
    { folders: [...ADAPTERS, 'graphql', 'rest', 'http'], packages: VENDORS },
    'The import calls rooms, and a store by its port.',
  ),
  mayNotImport(
    ['src/http/**'],
    { folders: ['mongo', 'twilio', 'mail'], packages: ['mongoose', 'mongodb', 'twilio'] },
    'HTTP is a transport; databases are behind ports.',
  ),
  mayNotImport(
    ['emulator/**'],
    { folders: ['src'] },
    'The emulator shares no code with the server that is tested against it.',
  ),
  {
    files: ['src/main.ts', 'scripts/**', 'emulator/main.ts', 'bench/**', 'test/support/**'],
    rules: { 'no-console': 'off' },
  },
  {
    // Written for readers who use plain JavaScript: what jose infers there is `any`.
    files: ['docs/examples/**'],
    rules: {
      'no-console': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    files: ['test/**'],
    rules: {
      'max-lines-per-function': 'off',
      // What comes over HTTP in a test is looked at by its assertions.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
    },
  },
);
