/** The monotonic clock, microseconds: the same in all processes, and in V8's profiles. */
export const nowUs = (): number => Number(process.hrtime.bigint() / 1000n);
