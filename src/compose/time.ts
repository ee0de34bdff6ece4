import type { Logger } from 'pino';
import type { Metrics } from '../telemetry/metrics.ts';
import { MAX_APART_MS, Timekeeper, type TimeSources } from '../timekeeper.ts';

/** The one clock of a server, and who hears how far the machine's is off; part of `compose`. */
export function composeTime(sources: TimeSources, logger: Logger, metrics: Metrics): Promise<Timekeeper> {
  let isFarOff = false;
  return Timekeeper.start({
    ...sources,
    onCompared: (aheadMs) => {
      metrics.clockOffsetSeconds.set(aheadMs / 1000);
      const wasFarOff = isFarOff;
      isFarOff = Math.abs(aheadMs) > MAX_APART_MS;
      if (isFarOff && !wasFarOff)
        logger.warn(
          { aheadSeconds: aheadMs / 1000 },
          "the clock is too far from the database's: not ready; set it by NTP",
        );
      if (wasFarOff && !isFarOff) logger.info("the clock agrees with the database's again");
    },
    onFailed: (err) => logger.warn({ err }, "the clock could not be compared with the database's: corrected as before"),
  });
}
