// Run by download.mjs: downloads the given version into the given folder. Progress goes to stdout as
// mongodb-memory-server-core prints it, then a line "=PATH"; on failure one line goes to stderr.
import mongoMemoryServer from 'mongodb-memory-server-core';

const [downloadDir, version] = process.argv.slice(2);
if (downloadDir === undefined || version === undefined) throw new Error('usage: mongod-download-worker FOLDER VERSION');
try {
  console.log(`=${await mongoMemoryServer.MongoBinary.getPath({ version, downloadDir, checkMD5: true })}`);
} catch (error) {
  // Its first line only says that there are details on the next one.
  const lines = error instanceof Error ? error.message.trim().split('\n') : [String(error)];
  console.error(lines[1] ?? lines[0]);
  process.exitCode = 1;
}
