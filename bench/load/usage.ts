import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** In what /proc counts CPU time: a hundredth of a second on every Linux that Node runs on. */
const TICK_MS = 10;

/** The CPU time that a process has used, user and system, in milliseconds. NaN where there is no /proc. */
export function cpuMsOf(pid: number): number {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === null) return NaN;
  // The name in the second field may hold spaces and brackets; utime and stime are the 14th and 15th field.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** The memory that a process has resident, in MiB. NaN where there is no /proc. */
export function residentMbOf(pid: number): number {
  return statusOf(pid, 'VmRSS');
}

/** The most memory that it had resident since `forgetPeak`, in MiB. NaN where there is no /proc. */
export function peakMbOf(pid: number): number {
  return statusOf(pid, 'VmHWM');
}

/** Starts the peak anew; where the kernel does not allow it, it stays the one since the process's start. */
export function forgetPeak(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // See above.
  }
}

function statusOf(pid: number, field: string): number {
  const status = read(`/proc/${pid}/status`);
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status ?? '')?.[1]) / 1024;
}

function read(path: string): string | null {
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}
