// `npm run user -- suspend EMAIL`; in production `node dist/user.js suspend EMAIL`.
import dotenv from 'dotenv';
import { userCommand } from './commands/user.ts';

dotenv.config({ quiet: true });
const { env: environment, stdout, stderr } = process;
process.exitCode = await userCommand(process.argv.slice(2), { environment, stdout, stderr });
