/** The path of a Chromium or Chrome, or undefined. CHROMIUM names one. */
export declare function findChromium(): string | undefined;
