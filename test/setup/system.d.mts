/** The path of a Chromium or Chrome, or undefined. CHROMIUM names one. */
export declare function findChromium(): string | undefined;
/** The path of the first of these programs that is on PATH, or undefined. */
export declare function findOnPath(names: readonly string[]): string | undefined;
/** The path of a Python 3 that has these modules, or undefined. */
export declare function pythonWith(modules: readonly string[]): string | undefined;
