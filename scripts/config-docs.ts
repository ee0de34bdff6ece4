import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { configurationTables, environmentExample } from './configuration.ts';

// `npm run config-docs` writes .env.example and the tables of docs/configuration.md from src/config; with --check it
// fails when one of them is stale.
const PAGE = 'docs/configuration.md';
const BETWEEN = /(?<=<!-- tables: begin -->\n).*(?=<!-- tables: end -->)/s;

const page = readFileSync(PAGE, 'utf8');
if (!BETWEEN.test(page)) throw new Error(`${PAGE} has no place for the tables`);
const filled = page.replace(BETWEEN, () => `\n${configurationTables()}\n\n`);
const written = {
  [PAGE]: await format(filled, { ...(await resolveConfig(PAGE)), parser: 'markdown' }),
  '.env.example': environmentExample(),
};
for (const [path, text] of Object.entries(written)) {
  if (!process.argv.includes('--check')) {
    writeFileSync(path, text);
  } else if (readFileSync(path, 'utf8') !== text) {
    console.error(`${path} is stale: run \`npm run config-docs\` and commit the result`);
    process.exitCode = 1;
  }
}
