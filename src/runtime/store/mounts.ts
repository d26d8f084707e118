/** What `/proc/self/mounts` says. */
export interface Mount {
  folder: string;
  type: string;
}

/**
 * The innermost mount that a path lies on; of two on one folder the later one counts.
 * @param mounts the text of `/proc/self/mounts`
 */
export function mountOf(path: string, mounts: string): Mount | undefined {
  let found: Mount | undefined;
  for (const line of mounts.split("\n")) {
    const [, escaped, type] = line.split(" ");
    if (escaped === undefined || type === undefined) continue;
    const folder = escaped.replace(/\\([0-7]{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    const isOn = path === folder || path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
    if (isOn && folder.length >= (found?.folder.length ?? 0)) found = { folder, type };
  }
  return found;
}
