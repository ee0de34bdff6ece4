// npm run import-users: takes in the users of another system (src/commands/import-users.ts).
import { run } from './project.mjs';
import { runTool } from './tool.mjs';

// Files are named as seen from where npm was called, not from the project's folder.
await run(() => runTool('import-users', process.env['INIT_CWD'] || process.cwd()));
