/** The messages of the sources under a root, sorted. */
export declare function messagesOf(root: string): string[];
/** The file of all messages, as `npm run l10n` writes it. */
export declare function bundleText(root: string): string;
/** The messages of one source; throws where one is not written out in its call. */
export declare function messagesIn(source: string, path: string): string[];
