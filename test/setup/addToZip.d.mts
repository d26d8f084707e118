/** Adds files, by their names in it, to a ZIP. */
export declare function addToZip(path: string, files: Record<string, Buffer>): void;
