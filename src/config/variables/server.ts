import { z } from 'zod';
import { flag, httpUrl, list, NOTES, text, wholeNumber } from './kinds.ts';

/** Where the server is, who reaches it, and what it shows of itself. */
export const SERVER = {
  NODE_ENV: z
    .enum(['development', 'production', 'test'], 'must be development, production or test')
    .default('development')
    .register(NOTES, {
      about:
        'What the server is for. Production insists on secrets of your own, brings no database and shows no development pages.',
    }),
  PORT: wholeNumber(4000, 0, 65_535).register(NOTES, { about: 'The port to listen on; 0 takes a free one.' }),
  HOST: text.optional().register(NOTES, {
    about: 'The address to listen on. One that other machines reach needs NODE_ENV to be set.',
    unset: '`localhost`; in production `0.0.0.0`',
  }),
  PUBLIC_URL: httpUrl.optional().register(NOTES, {
    about:
      'How clients reach this server: what its tokens name as their issuer, and what reset links begin with. Production sends no reset links without it.',
    unset: '`http://localhost` and the port',
  }),
  TRUST_PROXY: list
    .transform((values, context) => {
      const found = proxies(values);
      if (found === undefined) context.addIssue('must be a number of hops, or addresses and CIDRs separated by commas');
      return found ?? z.NEVER;
    })
    .optional()
    .register(NOTES, {
      about:
        'The proxies in front of this server, whose `X-Forwarded-For` is believed. Without it the client is whoever connects: behind a proxy all clients would share one address, and its limits.',
    }),
  CORS_ORIGINS: list.optional().register(NOTES, {
    about:
      'Origins of web pages that may call the API, separated by commas, for example `https://www.example.com`. Development adds any localhost and Apollo Studio.',
  }),
  GRAPHQL_INTROSPECTION: flag.optional().register(NOTES, {
    about: 'Whether clients may ask for the schema.',
    unset: '`true`; in production `false`',
  }),
  GRAPHQL_FEDERATION: flag.default(false).register(NOTES, {
    about: 'Whether the schema is a federation subgraph that a router can join: docs/federation.md.',
  }),
};

/** Where things are kept. */
export const STORAGE = {
  MONGODB_URI: text
    .refine((value) => /^mongodb(\+srv)?:\/\//.test(value), 'must start with mongodb:// or mongodb+srv://')
    .optional()
    .register(NOTES, {
      about: 'The database: a replica set, since transactions need one.',
      unset: '`npm start` brings its own in development',
    }),
  DATA_DIR: text.default('.data').register(NOTES, {
    about: 'Development only: the folder of the database that `npm start` brings, and of the secrets that it makes.',
  }),
};

/** Hops as a number, or the addresses; undefined when it is neither. */
function proxies(values: readonly string[]): number | readonly string[] | undefined {
  if (values.length === 1 && /^\d+$/.test(values[0]!)) return Number(values[0]);
  return values.every((value) => /^[0-9a-fA-F.:]+(\/\d{1,3})?$/.test(value) && /[.:]/.test(value)) ? values : undefined;
}
