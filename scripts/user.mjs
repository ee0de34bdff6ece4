// npm run user: suspends, reinstates and shows an account (src/commands/user.ts).
import { run } from './project.mjs';
import { runTool } from './tool.mjs';

await run(() => runTool('user'));
