/** When a backup was made, milliseconds since 1970: the names of all that `backupsOf` gives tell it, in UTC. */
export function backupTimeMs(backup: string): number {
  const time = /\.bak-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z(?:-\d+)?$/.exec(backup)!;
  const [year, month, day, hour, minute, second] = time.slice(1).map(Number) as [number, ...number[]];
  return Date.UTC(year, month! - 1, day, hour, minute, second);
}
